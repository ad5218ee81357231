import type {
  ArchivedGeneration,
  ArchivedTurn,
  CreateTurn,
  Failure,
  Generation,
  ImageKind,
  Key,
  Lcu,
  LogEvent,
  Page,
  PageQuery,
  Parameters,
  Scope,
  Session,
  Turn,
  Reproduction,
  TurnImage,
  UpdateSession,
  WorkerReport,
} from '@atelier/contracts'

/** An image row. URLs are made by the API, which knows the object store. */
export interface ImageRow {
  id: string
  kind: ImageKind
  width: number
  height: number
  contentType: string
  bytes: number
  sha256: string
  objectKey: string
  thumbnailKey: string
  generationId: string | null
  index: number | null
  createdAt: string
}
/** A generation with image rows instead of images with URLs. */
export type GenerationRow = Omit<Generation, 'images'> & { images: ImageRow[] }
/** An event of the log whose images are rows; the API signs their URLs when it sends it. */
export type LogEventRow = Omit<LogEvent, 'payload'> & { payload: Record<string, unknown> }
/** A turn with generation rows. */
export type TurnRow = Turn & { generations: GenerationRow[] }
/** A session with its turns, oldest first, each with its siblings, and the path from a root to the active turn. */
export type SessionTree = Session & { turns: (TurnRow & { siblingIds: string[] })[]; activePath: string[] }

/** What a new image row needs. */
export type NewImage = Omit<ImageRow, 'createdAt' | 'generationId' | 'index'>

/** A turn to create, all checked and decided by the caller. */
export interface NewTurn {
  sessionId: string
  instruction: string
  /** The condition images in order (explicit ones, then mentioned ones); all must be the owner's. */
  images: TurnImage[]
  history: CreateTurn['history']
  /** Its place in the tree, a turn of the session or null; left out: decided by the first image, see {@link OwnerRepositories.turns}. */
  parentTurnId?: string | null
  model: string
  /** One generation each: its seed and parameters are fixed here. */
  generations: { seed: number; parameters: Parameters }[]
  /**
   * The Idempotency-Key that this request has claimed with `idempotency.begin`: it is bound to the turn in the turn's own
   * transaction, so that a process that dies before `finish` cannot make a repeat create a second turn.
   */
  idempotency?: IdempotencyUse
}

/** A use of an Idempotency-Key. */
export interface IdempotencyUse {
  route: string
  key: string
}

/** A session to be made from what another one was, all ids new. */
export interface RestoredSession {
  /** Times left out: now. */
  session: Pick<Session, 'id' | 'title' | 'activeTurnId'> & Partial<Pick<Session, 'createdAt' | 'updatedAt'>>
  /** Oldest first, a parent before its children. */
  turns: ArchivedTurn[]
  /** Ended ones of these turns. */
  generations: ArchivedGeneration[]
  /** New images; what the turns use besides must be the owner's. */
  images: ImageRow[]
  /** As {@link NewTurn.idempotency}, bound to the session. */
  idempotency?: IdempotencyUse
}

/** Everything of one owner. No method sees another owner's rows: what is not the owner's is null. */
export interface OwnerRepositories {
  readonly ownerId: string
  sessions: {
    create(input: { title?: string }): Promise<Session>
    list(query: PageQuery): Promise<Page<Session>>
    get(id: string): Promise<Session | null>
    /** The session with all its turns and generations, oldest first. */
    getWithTurns(id: string): Promise<SessionTree | null>
    /** Renames it, or moves it to another of its turns. @throws AtelierError `unknown_turn` */
    update(id: string, input: UpdateSession): Promise<Session | null>
    /**
     * Deletes the session, its turns, generations and events, and the images and masks that were made in it or that its
     * turns use; those stay that turns of other sessions use or have made. Returns the object keys to delete, null when
     * there is none.
     */
    delete(id: string): Promise<{ objectKeys: string[] } | null>
    /**
     * The image that a new turn without images edits: the newest one made by the turn it follows (not by reproductions), else
     * that turn's first condition image, else the same of the turn before, and so on up to the root.
     *
     * @param parentTurnId - the turn it follows; null: none, so no image; left out: the active turn
     */
    latestImage(id: string, parentTurnId?: string | null): Promise<ImageRow | null>
    /**
     * Makes a whole session in one transaction, with the times that it had. Its event log begins anew: for each turn
     * `turn-created`, then how each of its generations ended.
     *
     * @throws AtelierError `unknown_image` when a turn uses an image that is neither new nor the owner's,
     *   `unknown_turn` when something names a turn or generation that is not among the new ones
     */
    restore(session: RestoredSession): Promise<Session>
  }
  images: {
    /**
     * Stores an image. With `reuse`, one that the owner already has ({@link findEqual}) is answered instead; that it is
     * not the new one shows by its id.
     */
    create(image: NewImage, options?: { reuse?: boolean }): Promise<ImageRow>
    /** The owner's oldest image with these bytes: a mask for a mask, else an uploaded or made picture. */
    findEqual(image: Pick<NewImage, 'kind' | 'sha256'>): Promise<ImageRow | null>
    get(id: string): Promise<ImageRow | null>
    /** Those of the ids that are the owner's. */
    getMany(ids: string[]): Promise<ImageRow[]>
    /**
     * Deletes an image; returns the object keys to delete, null when there is none.
     * @throws AtelierError `in_use` with `{ turnIds }` while turns use it as image or mask
     */
    delete(id: string): Promise<{ objectKeys: string[] } | null>
  }
  turns: {
    /**
     * One transaction: turn, generations (`queued`), events `turn-created` and `generation-queued`; the turn becomes the
     * session's active one. Its parent is what the request says, else the turn of this session that made its first image,
     * else the first turn of this session that used that image, else the active turn. Null when the session is not the
     * owner's.
     *
     * @throws AtelierError `unknown_turn` for a parent that is not a turn of this session, `unknown_image`
     */
    create(turn: NewTurn): Promise<TurnRow | null>
    get(id: string): Promise<TurnRow | null>
    /**
     * Deletes the turn with its generations, whatever their status, and the images and masks that they made or that it
     * uses; those stay that other turns use or have made. The session goes back to the turn's parent if it stood here.
     * Event `turn-deleted`. Returns the object keys to delete, null when there is none.
     * @throws AtelierError `in_use` with `{ turnIds }` while turns follow it or their generations were shown it
     */
    delete(id: string): Promise<{ objectKeys: string[] } | null>
  }
  generations: {
    get(id: string): Promise<GenerationRow | null>
    /**
     * Queued: becomes `cancelled` at once with its event. Running: the wish is recorded and workers are woken.
     * @returns the row after, null when not the owner's
     * @throws AtelierError `not_cancellable` when it has ended
     */
    cancel(id: string): Promise<GenerationRow | null>
    /** A new queued generation of the same turn and parameters with another seed. @throws AtelierError `not_retryable` */
    retry(id: string, seed: number): Promise<GenerationRow | null>
    /**
     * A new queued generation of the same turn that repeats this one from its record: same LCU, parameters and seed.
     * @throws AtelierError `not_reproducible` unless it has succeeded and still has its picture
     */
    reproduce(id: string): Promise<GenerationRow | null>
  }
  events: {
    /** Events with `seq > afterSeq`, in order, at most `limit` (default 500). */
    list(sessionId: string, query: { afterSeq: number; limit?: number }): Promise<LogEventRow[]>
  }
  idempotency: {
    /**
     * Claims a key for a request. `new`: go on, then `finish` or `release`; `done`: the stored answer; `conflict`: used
     * with another request, or still running. `created`: the turn of {@link NewTurn.idempotency} exists, its answer was
     * never stored; answer with that turn (only for requests that pass it). A claim without result is free again after a
     * minute, a result after a day.
     */
    begin(
      input: IdempotencyUse & { requestHash: string },
    ): Promise<
      | { state: 'new' }
      | { state: 'done'; status: number; body: unknown }
      | { state: 'created'; resourceId: string }
      | { state: 'conflict' }
    >
    finish(input: IdempotencyUse & { status: number; body: unknown }): Promise<void>
    /** Frees the key after an error, unless it is bound to something created. */
    release(input: IdempotencyUse): Promise<void>
  }
}

/** What a worker works on. Every write names the attempt; a worker that lost its job can write nothing. */
export interface ClaimedGeneration {
  id: string
  turnId: string
  sessionId: string
  ownerId: string
  attempt: number
  seed: number
  model: string
  parameters: Parameters
  /** Built at creation by `@atelier/lcu` from the turn's history. */
  lcu: Lcu
  /** Rows of every image and mask of the LCU, by id. */
  images: Record<string, ImageRow>
  cancelRequested: boolean
  /** Set when this generation repeats another one: that one's picture and the kind of device it ran on. */
  repeats: { generationId: string; image: ImageRow; device: string | null } | null
}

/** What a worker has to show for a run. `reproduction` is set for one that repeats another generation. */
export interface WorkResult {
  images: NewImage[]
  timings: Record<string, number>
  /** Kind of device it ran on. */
  device: string
  reproduction?: Reproduction
}

/** A write was refused because the generation is no longer this attempt's: claimed again, ended or cancelled. */
export class LostClaimError extends Error {
  override readonly name = 'LostClaimError'
}

/** The worker's side. */
export interface WorkRepository {
  /**
   * `queued`, or `running` by a worker that lost it → `running`, attempt + 1, event `generation-started`.
   * Null when there is nothing to do (ended, gone). After `maxAttempts` (default 5) starts it fails with `worker_lost`
   * instead → null; starts that ended with `release` do not count, so release what failed for want of a queue or store.
   */
  claim(generationId: string, workerId: string, options?: { maxAttempts?: number }): Promise<ClaimedGeneration | null>
  /** Records the last finished step and that the attempt is alive; returns whether a cancellation is wished. @throws LostClaimError */
  step(claim: { id: string; attempt: number }, step: number): Promise<{ cancelRequested: boolean }>
  /** Image rows + `succeeded` + event, one transaction; a wished cancellation wins: → `cancelled`, no rows. @throws LostClaimError */
  succeed(claim: { id: string; attempt: number }, result: WorkResult): Promise<'succeeded' | 'cancelled'>
  /** @throws LostClaimError */
  fail(claim: { id: string; attempt: number }, failure: Failure, timings?: Record<string, number>): Promise<void>
  /** @throws LostClaimError */
  cancelled(claim: { id: string; attempt: number }): Promise<void>
  /** Back to `queued` (worker is stopping), so that another worker takes it; event `generation-queued`. @throws LostClaimError */
  release(claim: { id: string; attempt: number }): Promise<void>
  /** Upserts the worker's report; `lastSeenAt` is the database's clock. */
  report(report: Omit<WorkerReport, 'lastSeenAt'>): Promise<void>
  /** Removes the worker's report. */
  forget(workerId: string): Promise<void>
}

/** The operator's side. */
export interface AdminRepository {
  createOwner(name: string): Promise<{ id: string }>
  /**
   * The token is returned once and stored only as a SHA-256 hash. `token` may be given (tests, first key); when it exists
   * already its key is returned unchanged. Without `ownerId` a new owner is made.
   * @throws AtelierError `not_found` for an unknown owner
   */
  createKey(input: {
    ownerId?: string
    name: string
    scopes: Scope[]
    token?: string
  }): Promise<Key & { token: string }>
  listKeys(query: PageQuery): Promise<Page<Key>>
  revokeKey(id: string): Promise<Key | null>
  /** Workers that reported within the time, newest first. */
  workers(withinSeconds: number): Promise<WorkerReport[]>
  generations(query: PageQuery & { status?: Generation['status'] }): Promise<Page<GenerationRow & { ownerId: string }>>
  /** Runs one that has ended again on behalf of any owner, with the same seed. @throws AtelierError `not_retryable` */
  retry(generationId: string): Promise<GenerationRow | null>
  /** Queued generations older than `olderThanSeconds`, and running ones without a sign of life for `silentSeconds`: what a sweep looks at. */
  overdue(input: {
    olderThanSeconds: number
    silentSeconds: number
    limit: number
  }): Promise<{ id: string; status: 'queued' | 'running' }[]>
  /** Those of the objects' keys, in order, that no image names and no generation that has not ended may still write. */
  unnamedKeys(keys: string[]): Promise<string[]>
  /** Finished generations by owner and status. */
  usage(): Promise<
    { ownerId: string; name: string; succeeded: number; failed: number; cancelled: number; images: number }[]
  >
}

/** What the database wakes its listeners for (LISTEN/NOTIFY; a wake-up may be lost, so listeners also poll). */
export interface Wakeups {
  /** New rows in a session's event log. */
  onSessionEvents(listener: (sessionId: string) => void): void
  /** A cancellation is wished for a running generation. */
  onCancel(listener: (generationId: string) => void): void
  /** Called after a lost connection came back: whatever was missed must be read again. */
  onReconnect(listener: () => void): void
  close(): Promise<void>
}

/** The database: the only place that knows Prisma. */
export interface Database {
  /** Who a token belongs to; null when unknown or revoked. Updates `lastUsedAt` at most once a minute. */
  authenticate(token: string): Promise<{ keyId: string; ownerId: string; scopes: Scope[] } | null>
  forOwner(ownerId: string): OwnerRepositories
  readonly work: WorkRepository
  readonly admin: AdminRepository
  /** Opens one connection that listens. */
  listen(): Promise<Wakeups>
  /** @throws when the database does not answer within 2 s */
  check(): Promise<void>
  close(): Promise<void>
}
