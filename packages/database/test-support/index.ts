export { countRows } from './count-rows.js'
export { startTestPostgres, type TestPostgres } from './start-test-postgres.js'
