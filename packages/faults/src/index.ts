export { runSuite, type SuiteResult } from './run-suite.js'
export type { Options } from './options.js'
