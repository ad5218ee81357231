import type { ApiSettings } from '@atelier/service'
import type { Database } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import type { GenerationQueue, ProgressFeed } from '@atelier/queue'
import type { FastifyBaseLogger } from 'fastify'
import type { ModelCatalog } from './models/model-catalog.js'

/** What the API is built on. Whoever opens these closes them, after the API. */
export interface ApiDependencies {
  database: Database
  queue: GenerationQueue
  progress: ProgressFeed
  objects: ObjectStore
  models: ModelCatalog
  settings: Pick<ApiSettings, 'limits' | 'reuseUploads' | 'corsOrigins' | 'localToken'> & {
    /** Origin that signed URLs of pictures point to when it is not the API's own. */
    objectsOrigin?: string
    /** Folder of the built web page; default: `apps/web/dist` beside this package. */
    pageDirectory?: string
  }
  logger: FastifyBaseLogger
}
