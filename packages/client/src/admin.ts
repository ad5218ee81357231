import type { AtelierOptions, CallOptions, CreateOptions } from './atelier-options.js'
import { HttpClient } from './http-client.js'
import type {
  AdminAction,
  AdminGeneration,
  AdminHealth,
  AdminSession,
  AdminWebhook,
  Delivery,
  Generation,
  GenerationStatus,
  GenerationStory,
  Key,
  Names,
  ObjectSweep,
  Owner,
  OwnerDetail,
  OwnerLane,
  Page,
  QueueState,
  Scope,
  Stats,
  Storage,
  UpdateLimits,
  Worker,
} from './wire-types.js'

/** Which page of a list is read. */
export interface PageOptions extends CallOptions {
  cursor?: string
  /** 1 to 100. */
  limit?: number
}

/** Which generations are listed: all that is said must hold. */
export interface AdminGenerationsFilter {
  status?: GenerationStatus | undefined
  owner?: string | undefined
  session?: string | undefined
  worker?: string | undefined
  model?: string | undefined
  /** Error code of a failure. */
  code?: string | undefined
  parked?: boolean | undefined
  poison?: boolean | undefined
  /** The beginning of an id. */
  search?: string | undefined
}

/** Which actions are listed: all that is said must hold. */
export interface ActionsFilter {
  /** What it was done to. */
  target?: string | undefined
  key?: string | undefined
  owner?: string | undefined
  /** Method and route, such as `POST /v1/admin/queue/pause`. */
  action?: string | undefined
}

/** A new key with its token, which is shown this once. */
export type CreatedKey = Key & { token: string }

/** What a new key is to be. */
export interface NewKey {
  name: string
  scopes: Scope[]
  /** Default: a new owner. */
  ownerId?: string | undefined
  expiresAt?: string | undefined
}

type Query = Record<string, string | number | boolean | undefined>

/**
 * What operators watch and do: `/v1/admin`. Needs a key with the scope `admin`. A package entry of its own, so that pages
 * for people without one do not load it.
 */
export class AtelierAdmin {
  private readonly http: HttpClient

  constructor(options: AtelierOptions) {
    this.http = new HttpClient(options)
  }

  health = (options?: CallOptions): Promise<AdminHealth> => this.get('health', {}, options)

  stats = (window: Stats['window'], options?: CallOptions): Promise<Stats> => this.get('stats', { window }, options)

  workers = (options?: CallOptions): Promise<{ data: Worker[] }> => this.get('workers', {}, options)

  /** It acts within a heartbeat. */
  tellWorker = (id: string, wish: 'drain' | 'undrain' | 'restart'): Promise<Worker> =>
    this.post(`workers/${encodeURIComponent(id)}/${wish}`)

  queue = (options?: CallOptions): Promise<QueueState> => this.get('queue', {}, options)

  /** @param model - this one alone */
  pause = (model?: string): Promise<QueueState> => this.post('queue/pause', model === undefined ? {} : { model })

  /** @param model - this one alone */
  resume = (model?: string): Promise<QueueState> => this.post('queue/resume', model === undefined ? {} : { model })

  /** Cancels every queued generation of every owner. */
  cancelQueued = (): Promise<{ cancelled: number }> => this.post('queue/drain')

  queueOwners = (limit: number, options?: CallOptions): Promise<{ data: OwnerLane[]; total: number }> =>
    this.get('queue/owners', { limit }, options)

  generations = (filter: AdminGenerationsFilter, page: PageOptions): Promise<Page<AdminGeneration>> =>
    this.list('generations', { ...filter }, page)

  generation = (id: string, options?: CallOptions): Promise<GenerationStory> =>
    this.get(`generations/${encodeURIComponent(id)}`, {}, options)

  /** Runs one that has ended again, with its seed, as a new one. */
  retry = (id: string, options?: CreateOptions): Promise<Generation> =>
    this.http.create(`/v1/admin/generations/${encodeURIComponent(id)}/retry`, undefined, options)

  cancel = (id: string): Promise<Generation> => this.post(`generations/${encodeURIComponent(id)}/cancel`)

  /** An unparked poison job is a new generation. */
  moveGeneration = (id: string, to: 'front' | 'park' | 'unpark'): Promise<AdminGeneration> =>
    this.post(`generations/${encodeURIComponent(id)}/${to}`)

  owners = (filter: { search?: string | undefined }, page: PageOptions): Promise<Page<Owner>> =>
    this.list('owners', filter, page)

  owner = (id: string, options?: CallOptions): Promise<OwnerDetail> =>
    this.get(`owners/${encodeURIComponent(id)}`, {}, options)

  /** @param ids - of owners and keys, 1 to 100 */
  names = (ids: readonly string[], options?: CallOptions): Promise<Names> =>
    this.get('names', { ids: ids.join(',') }, options)

  /** Null: back to the default of the server. */
  setLimits = (id: string, limits: UpdateLimits): Promise<OwnerDetail> =>
    this.http.json({ method: 'PATCH', path: `/v1/admin/owners/${encodeURIComponent(id)}/limits`, body: limits })

  keys = (filter: { owner?: string | undefined }, page: PageOptions): Promise<Page<Key>> =>
    this.list('keys', filter, page)

  /** The answer has the token, this once. */
  createKey = (key: NewKey): Promise<CreatedKey> => this.post('keys', key)

  /** The answer has the new token, this once; the old one holds for another `overlapSeconds`. */
  rotateKey = (id: string, body: { overlapSeconds: number; expiresAt?: string | undefined }): Promise<CreatedKey> =>
    this.post(`keys/${encodeURIComponent(id)}/rotate`, body)

  /** @param expiresAt - in the future; null: never */
  endKey = (id: string, expiresAt: string | null): Promise<Key> =>
    this.http.json({ method: 'PATCH', path: `/v1/admin/keys/${encodeURIComponent(id)}`, body: { expiresAt } })

  revokeKey = (id: string): Promise<void> =>
    this.http.json({ method: 'DELETE', path: `/v1/admin/keys/${encodeURIComponent(id)}` })

  sessions = (
    filter: { owner?: string | undefined; held?: boolean | undefined },
    page: PageOptions,
  ): Promise<Page<AdminSession>> => this.list('sessions', filter, page)

  holdSession = (id: string, reason?: string): Promise<AdminSession> =>
    this.post(`sessions/${encodeURIComponent(id)}/hold`, reason ? { reason } : {})

  releaseSession = (id: string): Promise<AdminSession> => this.post(`sessions/${encodeURIComponent(id)}/release`)

  storage = (options?: CallOptions): Promise<Storage> => this.get('storage', {}, options)

  /** Finds files that no row refers to. @param dryRun - deletes none of them */
  sweep = (dryRun: boolean): Promise<ObjectSweep> => this.post('objects/sweep', { dryRun })

  webhooks = (
    filter: { owner?: string | undefined; failing?: boolean | undefined },
    page: PageOptions,
  ): Promise<Page<AdminWebhook>> => this.list('webhooks', filter, page)

  deliveries = (
    id: string,
    filter: { status?: Delivery['status'] | undefined },
    page: PageOptions,
  ): Promise<Page<Delivery>> => this.list(`webhooks/${encodeURIComponent(id)}/deliveries`, filter, page)

  replay = (id: string, deliveryId: string): Promise<Delivery> =>
    this.post(`webhooks/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(deliveryId)}/replay`)

  actions = (filter: ActionsFilter, page: PageOptions): Promise<Page<AdminAction>> =>
    this.list('actions', { ...filter }, page)

  private get<T>(path: string, query: Query, { signal }: CallOptions = {}): Promise<T> {
    const texts = Object.entries(query).map(([name, value]) => [name, value === undefined ? value : String(value)])
    return this.http.json({ method: 'GET', path: `/v1/admin/${path}`, query: Object.fromEntries(texts), signal })
  }

  private list<T>(path: string, query: Query, { cursor, limit, ...options }: PageOptions): Promise<Page<T>> {
    return this.get(path, { ...query, cursor, limit }, options)
  }

  private post<T>(path: string, body?: unknown): Promise<T> {
    return this.http.json({ method: 'POST', path: `/v1/admin/${path}`, body })
  }
}
