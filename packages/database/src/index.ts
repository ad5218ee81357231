export * from './repositories.js'
export { migrate } from './migrate/migrate.js'
export { MigrationError } from './migrate/migration-error.js'
export { openDatabase } from './open-database.js'
