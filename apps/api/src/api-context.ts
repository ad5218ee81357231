import type { OwnerLimits } from '@atelier/contracts'
import type { Database } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import type { GenerationQueue, ProgressFeed } from '@atelier/queue'
import type { ApiSettings, OpenAiSettings, Registry } from '@atelier/service'
import type { FastifyBaseLogger } from 'fastify'
import type { AtOnce } from './at-once.js'
import type { AddressLimits } from './address-limits.js'
import type { Authenticator } from './authenticator.js'
import type { BodyBytes } from './body-bytes.js'
import type { SessionHub } from './live/session-hub.js'
import type { HealthMonitor } from './operators/health-monitor.js'
import type { OperatorHub } from './operators/operator-hub.js'
import type { ModelCatalog } from './model-catalog.js'
import type { Waiting } from './openai/waiting.js'
import type { ConnectionBounds } from './plugins/connection-bounds.js'
import type { Serializer } from './serializer.js'
import type { Spool } from './spool.js'
import type { WorkPool } from './work/work-pool.js'

/** What the API is built on. Whoever opens these closes them, after the API. */
export interface ApiDependencies {
  database: Database
  queue: GenerationQueue
  progress: ProgressFeed
  objects: ObjectStore
  models: ModelCatalog
  settings: Pick<ApiSettings, 'limits' | 'ownerLimits' | 'reuseUploads' | 'linkSeconds' | 'corsOrigins' | 'metrics'> & {
    /** Whether Bull Board may change jobs; default: it only shows them. */
    boardActions?: boolean
    /** Default: none. */
    housekeeping?: ApiSettings['housekeeping']
    /** Networks besides the public internet that webhooks may lead to; default: none. */
    webhookNetworks?: string[]
    /** Processes that decode pictures and check archives; default 2. */
    workProcesses?: number
    /** Bounds of connections that differ from the usual ones. */
    connectionBounds?: Partial<ConnectionBounds>
    /** How the OpenAI door behaves; default: as by an empty environment. */
    openAi?: Partial<OpenAiSettings & Waiting>
    /** Folder of the built web page; default: `apps/web/dist` beside this package. */
    pageDirectory?: string
    /** Path at which the outside sees the API, such as `/atelier`; default: none. See `stripBasePath`. */
    basePath?: string
    /** Addresses and networks of proxies whose `X-Forwarded-…` headers count; default: none. */
    trustProxy?: string[]
  }
  logger: FastifyBaseLogger
  /** Where metrics are kept; default: one of its own. */
  registry?: Registry
}

/** What routes and sockets use: the dependencies and what is made of them once. */
export interface ApiContext extends ApiDependencies {
  registry: Registry
  serializer: Serializer
  hub: SessionHub
  /** What operators are told of the service. */
  health: HealthMonitor
  operators: OperatorHub
  /** Where callers' bytes are decoded and checked: never in this process. */
  pool: WorkPool
  /** Where uploads are kept while they arrive and are read. */
  spool: Spool
  authenticator: Authenticator
  addressLimits: AddressLimits
  /** The most that one owner may have; the database enforces its part of them itself. */
  ownerLimits: OwnerLimits
  atOnce: AtOnce
  /** Of bodies that are parsed in memory. */
  bodies: BodyBytes
}
