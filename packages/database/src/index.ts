export * from './repositories.js'
export * from './embedded/index.js'
export { migrate } from './migrate/migrate.js'
export { MigrationError } from './migrate/migration-error.js'
