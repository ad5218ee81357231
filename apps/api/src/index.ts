export type { ApiDependencies } from './api-context.js'
export { buildApi } from './build-api.js'
export { ModelCatalog, readModels } from './model-catalog.js'
export { startApi, type RunningApi } from './start-api.js'
