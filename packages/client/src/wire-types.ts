// Made by make-wire-types.mjs from packages/contracts. Not to be edited.

/** A page of a list. `nextCursor` is null on the last page. */
export interface Page<T> {
  data: T[]
  nextCursor: string | null
}

/** A code of docs/errors.md. */
export type ErrorCode =
  | 'archive_invalid'
  | 'archive_too_large'
  | 'busy'
  | 'expectation_failed'
  | 'forbidden'
  | 'fork_too_large'
  | 'gone'
  | 'headers_too_large'
  | 'idempotency_conflict'
  | 'image_animated'
  | 'image_damaged'
  | 'image_too_costly'
  | 'image_too_elongated'
  | 'image_too_large'
  | 'image_truncated'
  | 'image_unreadable'
  | 'in_use'
  | 'instruction_empty'
  | 'instruction_too_long'
  | 'internal'
  | 'invalid_request'
  | 'invalid_size'
  | 'limit_reached'
  | 'mask_empty'
  | 'mask_full'
  | 'mask_size_mismatch'
  | 'method_not_allowed'
  | 'model_failed'
  | 'model_invalid_output'
  | 'model_out_of_memory'
  | 'not_a_mask'
  | 'not_cancellable'
  | 'not_found'
  | 'not_parked'
  | 'not_queued'
  | 'not_reproducible'
  | 'not_retryable'
  | 'parameter_out_of_range'
  | 'payload_too_large'
  | 'queue_full'
  | 'rate_limited'
  | 'request_timeout'
  | 'session_on_hold'
  | 'still_running'
  | 'storage_full'
  | 'store_failed'
  | 'text_too_long'
  | 'too_many_at_once'
  | 'too_many_images'
  | 'unauthorized'
  | 'unavailable'
  | 'unknown_image'
  | 'unknown_mention'
  | 'unknown_model'
  | 'unknown_turn'
  | 'unsupported_image'
  | 'unsupported_media_type'
  | 'worker_lost'

/** Body of every error response. */
export type ErrorBody = { error: { code: ErrorCode; message: string; details?: unknown; requestId: string } }

/** Why a generation failed. */
export type Failure = { code: ErrorCode; message: string }

/** An image with a short id, mentioned in instructions as `@img_…`. Sizes are in pixels. URLs are signed and expire. */
export type Image = {
  id: string
  kind: 'generated' | 'mask' | 'uploaded'
  width: number
  height: number
  contentType: string
  bytes: number
  url: string
  thumbnailUrl: string
  generationId: string | null
  createdAt: string
}

/** How a mask is used: `keep` shows the model the whole image; `erase` blanks the masked part first (repainting). */
export type MaskMode = 'erase' | 'keep'

/**
 * The algorithm that removes the noise: `ddim` (first order), or `dpm++2m` (DPM-Solver++ 2M, second order: as accurate in
 * fewer steps). Both use the same time steps and the same guidance.
 */
export type Sampler = 'ddim' | 'dpm++2m'

/** `interactive`: somebody waits for it. `background`: it may wait, but always gets a share of the workers. */
export type Priority = 'background' | 'interactive'

/** `queued → running → succeeded | failed | cancelled`. When its worker is lost, a running generation is queued again. */
export type GenerationStatus = 'cancelled' | 'failed' | 'queued' | 'running' | 'succeeded'

/** How a reproduction compares with its original. The results are null until it has succeeded. */
export type Reproduction = {
  /** The generation being reproduced. */
  generationId: string
  /** Whether all pixels are equal. */
  equal: boolean | null
  differentPixels: number | null
  /** Largest difference in one channel, 0–255. */
  maxDifference: number | null
  /** Whether both ran on the same kind of device. Only then is equality guaranteed. */
  sameDevice: boolean | null
}

/** A condition unit: the instruction of one turn and its images. */
export type LcuUnit = {
  turnId: string
  /** The instruction with each `@img_…` replaced by the image's indicator. */
  instruction: string
  images: { imageId: string; maskId: string | null; maskMode: MaskMode; indicator: string }[]
  /** True when the turn's text was longer than the model reads; `instruction` is the part that it reads. */
  truncated?: true | undefined
}

/** Parameters of a generation, fixed when its turn is created. */
export type Parameters = {
  /** Pixels. With condition images: the size that the first one has for the model. */
  width: number
  height: number
  /** Denoising steps, 1 to the model's limit. */
  steps: number
  /** 1 = no guidance. */
  guidanceScale: number
  /** 0–1. */
  guidanceRescale: number
  /** The defaults of `sampler`, `guidanceInterval` and `speed` apply to archives older than these parameters. */
  sampler: Sampler
  guidanceInterval: [number, number] | null
  speed: 'exact' | 'fast'
  negativePrompt: string
  /**
   * Whether to restore the original pixels (at the prepared size) outside the mask of the turn's first image, blended by a
   * soft edge inside the mask. Default: true if that mask has mode `erase`, otherwise false.
   */
  keepUnmasked: boolean
}

/** Parameters in a request. Omitted ones take the model's defaults. */
export type ParametersRequest = {
  width?: number | undefined
  height?: number | undefined
  steps?: number | undefined
  guidanceScale?: number | undefined
  guidanceRescale?: number | undefined
  sampler?: Sampler | undefined
  guidanceInterval?: [number, number] | null | undefined
  speed?: 'exact' | 'fast' | undefined
  seed?: number | undefined
  negativePrompt?: string | undefined
  count?: number | undefined
  keepUnmasked?: boolean | undefined
}

/** A condition image of a turn, with an optional mask. */
export type TurnImage = { imageId: string; maskId: string | null; maskMode: MaskMode }

/**
 * `mode`: `lineage` (the turns that led to the image being edited), `session` (the latest turns of the session) or `none`.
 * `limit`: maximum number of history turns, default `defaultHistoryLimit`. If their images and the turn's own exceed
 * nine frames, the oldest turns are dropped.
 */
export type History = { mode: 'lineage' | 'none' | 'session'; limit?: number | undefined }

/** A generation without its LCU; `GET /v1/generations/:id` has the whole. */
export type GenerationSummary = {
  id: string
  turnId: string
  sessionId: string
  status: GenerationStatus
  priority: Priority
  attempt: number
  step: number
  steps: number
  seed: number
  parameters: Parameters
  model: string
  images: Image[]
  timings: Record<string, number>
  device: string | null
  reproduction: Reproduction | null
  error: Failure | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
}

/** One run of the model for a turn. */
export type Generation = {
  id: string
  turnId: string
  sessionId: string
  status: GenerationStatus
  /** That of its turn. */
  priority: Priority
  /** How many times a worker has started it. */
  attempt: number
  /** Last finished step, 0 to `steps`. */
  step: number
  steps: number
  /** 0 to 2³²−1. The same seed gives the same image on the same kind of machine. */
  seed: number
  parameters: Parameters
  model: string
  lcu: LcuUnit[]
  /** Turns dropped from the history because the model has only nine frames; oldest first. */
  historyDropped: string[]
  images: Image[]
  /**
   * Milliseconds per stage (`queuedMs`, `encodeMs`, `denoiseMs`, `decodeMs`, `totalMs` …), and how many texts and images
   * were not in the cache and had to be encoded (`textsEncoded`, `imagesEncoded`). `batch`: most generations that shared
   * a step with it, itself included; left out if none did. Empty until it has run.
   */
  timings: Record<string, number>
  /** Kind of device it ran on, such as `cpu` or `cuda`. Null until it has succeeded. */
  device: string | null
  /** Set if it reproduces another generation (`POST /v1/generations/:id/reproduce`). */
  reproduction: Reproduction | null
  error: Failure | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
}

/** A generation with its place in the queue. */
export type PlacedGeneration = Generation & { position: number | null; etaSeconds: number | null }

/** A request in a session. It corresponds to one condition unit. */
export type Turn = {
  id: string
  sessionId: string
  parentTurnId: string | null
  /** As typed. What the model read is in `lcu` of each generation. */
  instruction: string
  images: TurnImage[]
  history: History
  createdAt: string
}

/** A turn with its place in the session tree. */
export type TurnInTree = Turn & {
  generations: GenerationSummary[]
  /** How many generations it has, shown or not. */
  generationCount: number
  /** How many turns have its parent, itself included. */
  siblingCount: number
  /** Its position among them: 0 is the oldest. */
  siblingIndex: number
}

/** A page of a session's turns, oldest first. */
export type TurnPage = { before: string | null; after: string | null; data: TurnInTree[] }

/** A conversation. */
export type Session = {
  id: string
  title: string | null
  /** `seq` of the newest event. A client that joins with it receives only later events. */
  lastSeq: number
  /** The current turn of the conversation: the newest one, or the one selected last. Null if there are no turns. */
  activeTurnId: string | null
  createdAt: string
  updatedAt: string
}

/** A conversation in a list, with its last picture. */
export type ListedSession = Session & {
  /** The newest picture that was made in it; null: none yet. */
  image: { id: string; width: number; height: number; thumbnailUrl: string } | null
}

/** A session with the newest turns of a path, oldest first. */
export type SessionWithTurns = Session & { before: string | null; after: string | null; turns: TurnInTree[] }

/** Body of `PATCH /v1/sessions/:id`. */
export type UpdateSession = { title?: string | undefined; activeTurnId?: string | undefined }

/** Body of `POST /v1/sessions/:id/fork`. */
export type ForkSession = { turnId?: string | undefined; title?: string | undefined }

/** Body of a new turn as a caller sends it. */
export type CreateTurnInput = {
  instruction: string
  images?: { imageId: string; maskId?: string | null | undefined; maskMode?: MaskMode | undefined }[] | undefined
  parentTurnId?: string | null | undefined
  history?: { mode?: 'lineage' | 'none' | 'session' | undefined; limit?: number | undefined } | undefined
  parameters?: ParametersRequest | undefined
  model?: string | undefined
  onLongText?: 'refuse' | 'truncate' | undefined
  priority?: Priority | undefined
  webhook?:
    | {
        url: string
        events?:
          | (
              | 'generation.cancelled'
              | 'generation.failed'
              | 'generation.queued'
              | 'generation.started'
              | 'generation.succeeded'
            )[]
          | undefined
      }
    | undefined
}

/** Body of a dry run as a caller sends it. */
export type DryRunTurnInput = CreateTurnInput & { sessionId?: string | undefined }

/** Response to a new turn. */
export type CreateTurnResponse = { turn: Turn; generations: Generation[] }

/** What would become of a turn if it were created now. */
export type TurnOutlook = {
  parentTurnId: string | null
  images: TurnImage[]
  model: string
  /** Seeds are chosen when the turn is created. */
  parameters: Parameters
  /** What the model would see, oldest turn first. The turn itself comes last and has no id yet. */
  lcu: {
    instruction: string
    images: { imageId: string; maskId: string | null; maskMode: MaskMode; indicator: string }[]
    truncated?: true | undefined
    turnId: string | null
  }[]
  historyDropped: string[]
  /** Null where it is not known how the model counts. With more tokens than it reads, the turn is refused or cut. */
  instruction: { tokens: number; maxTokens: number } | null
  negativePrompt: { tokens: number; maxTokens: number } | null
}

/** How much to add on each side, 0–2, as a ratio of the image's height (top, bottom) or width (left, right). */
export type OutpaintRequest = { top: number; right: number; bottom: number; left: number }

/** What an owner may have and has, by name. */
export type Limits = {
  bytes: { limit: number; used: number }
  decodes: { limit: number; used: number }
  images: { limit: number; used: number }
  imports: { limit: number; used: number }
  joinedSessions: { limit: number; used: number }
  keys: { limit: number; used: number }
  running: { limit: number; used: number }
  sessions: { limit: number; used: number }
  sockets: { limit: number; used: number }
  turnsPerSession: { limit: number; used: number }
  waiting: { limit: number; used: number }
}

/** A model that this server offers. */
export type Model = {
  name: string
  family: 'ace'
  title: string
  description: string
  limits: {
    maxFrameTokens: number
    maxConditionFrames: number
    sizeMultiple: number
    minSize: number
    maxSteps: number
    maxGuidanceScale: number
    maxAspect: number
  }
  defaults: {
    width: number
    height: number
    steps: number
    guidanceScale: number
    guidanceRescale: number
    sampler: Sampler
    guidanceInterval: [number, number] | null
  }
  fast?:
    | {
        historyRefresh: number
        stepCache: number
        steps?: number | undefined
        sampler?: Sampler | undefined
        guidanceInterval?: [number, number] | null | undefined
      }
    | undefined
  samplers: Sampler[]
  examples: string[]
  vocabulary: string[]
  default: boolean
}

/** Body of `POST /v1/browser-sessions`: one of the two. */
export type SignIn = { secret?: string | undefined; key?: string | undefined }

/** A browser that is signed in. */
export type BrowserSession = {
  ownerId: string
  /** The key that it was signed in with. */
  key: { id: string; name: string; hint: string }
  scopes: Scope[]
  expiresAt: string
}

/** Name of a log event. */
export type LogEventName =
  | 'generation-cancelled'
  | 'generation-failed'
  | 'generation-queued'
  | 'generation-started'
  | 'generation-succeeded'
  | 'turn-created'
  | 'turn-deleted'

/** An event in a session's log. `seq` starts at 1 and has no gaps. */
export type LogEvent =
  | {
      type: 'generation-cancelled'
      seq: number
      createdAt: string
      payload: { sessionId: string; turnId: string; generationId: string }
    }
  | {
      type: 'generation-failed'
      seq: number
      createdAt: string
      payload: { sessionId: string; turnId: string; generationId: string; error: Failure }
    }
  | {
      type: 'generation-queued'
      seq: number
      createdAt: string
      payload: {
        sessionId: string
        turnId: string
        generationId: string
        position: number
        etaSeconds?: number | null | undefined
        attempt: number
      }
    }
  | {
      type: 'generation-started'
      seq: number
      createdAt: string
      payload: { sessionId: string; turnId: string; generationId: string; attempt: number; steps: number }
    }
  | {
      type: 'generation-succeeded'
      seq: number
      createdAt: string
      payload: { sessionId: string; turnId: string; generationId: string; images: Image[] }
    }
  | {
      type: 'turn-created'
      seq: number
      createdAt: string
      payload: { sessionId: string; turnId: string; turn: Turn; generations: GenerationSummary[] }
    }
  | { type: 'turn-deleted'; seq: number; createdAt: string; payload: { sessionId: string; turnId: string } }

/**
 * A log event in its wire format: the payload's fields are flattened next to `type`, `seq` and `createdAt`. `type` is the
 * event name on the socket and the `event:` line of a server-sent event. `SessionSnapshot` uses the same format.
 */
export type LiveEvent =
  | {
      sessionId: string
      turnId: string
      generationId: string
      type: 'generation-cancelled'
      seq: number
      createdAt: string
    }
  | {
      sessionId: string
      turnId: string
      generationId: string
      error: Failure
      type: 'generation-failed'
      seq: number
      createdAt: string
    }
  | {
      sessionId: string
      turnId: string
      generationId: string
      position: number
      etaSeconds?: number | null | undefined
      attempt: number
      type: 'generation-queued'
      seq: number
      createdAt: string
    }
  | {
      sessionId: string
      turnId: string
      generationId: string
      attempt: number
      steps: number
      type: 'generation-started'
      seq: number
      createdAt: string
    }
  | {
      sessionId: string
      turnId: string
      generationId: string
      images: Image[]
      type: 'generation-succeeded'
      seq: number
      createdAt: string
    }
  | {
      sessionId: string
      turnId: string
      turn: Turn
      generations: GenerationSummary[]
      type: 'turn-created'
      seq: number
      createdAt: string
    }
  | { sessionId: string; turnId: string; type: 'turn-deleted'; seq: number; createdAt: string }

/** What a worker reports after each step, as the queue carries it and clients hear it. */
export type ProgressEvent = {
  sessionId: string
  turnId: string
  generationId: string
  attempt: number
  step: number
  steps: number
  /** A small image as a `data:` URL. */
  preview?: string | undefined
}

/** What a client receives when it joins a session. Live events continue at `lastSeq + 1`. */
export type SessionSnapshot = {
  session: SessionWithTurns
  lastSeq: number
  reset: boolean
  progress: ProgressEvent[]
  events: LiveEvent[]
}

/** `user`: the sessions, images and generations of the owner. `admin`: also the routes under `/v1/admin` and `/admin`. */
export type Scope = 'admin' | 'user'

/** A key without its token. */
export type Key = {
  id: string
  ownerId: string
  name: string
  scopes: Scope[]
  /** The first characters of the token, to tell keys apart. */
  hint: string
  createdAt: string
  /** Accurate to a minute. */
  lastUsedAt: string | null
  /** Null: it holds until it is revoked. */
  expiresAt: string | null
  revokedAt: string | null
}

/** A worker as operators see it. */
export type Worker = {
  id: string
  state: 'busy' | 'drained' | 'draining' | 'loading' | 'lost' | 'ready' | 'stopping' | 'unhealthy'
  device: string
  deviceRequested: 'auto' | 'cpu' | 'cuda'
  deviceFallback: string | null
  loading: { model: string; part: string; share: number } | null
  unhealthyReason: string | null
  models: string[]
  batchSize: number
  version: string | null
  memoryBytes: number | null
  hostname: string
  pid: number
  generationId: string | null
  startedAt: string
  lastSeenAt: string
  /** Since when it is in this state; null when it is not known. */
  stateSince: string | null
  /** Whether an operator wants it to take no new generations. It acts within a heartbeat, 5 seconds. */
  drain: boolean
  /** Whether its model's process is to be restarted and has not been yet. */
  restarting: boolean
  /** The first of `generations`; null when it runs none. */
  generation: {
    id: string
    ownerId: string
    sessionId: string
    model: string
    attempt: number
    step: number
    steps: number
    startedAt: string
  } | null
  /** The generations that it runs, the oldest first; at most `batchSize`. */
  generations: {
    id: string
    ownerId: string
    sessionId: string
    model: string
    attempt: number
    step: number
    steps: number
    startedAt: string
  }[]
}

/** What waits, runs and has ended. */
export type WorkSummary = {
  /** Queued generations, without those that are parked. */
  waiting: number
  parked: number
  running: number
  /** Seconds since the oldest of the waiting ones was queued; null when none waits. */
  oldestWaitSeconds: number | null
  succeededLastHour: number
  failedLastHour: number
  cancelledLastHour: number
  /** Generations that succeeded in the last ten minutes, per minute. */
  perMinute: number
}

/** A part of the service. */
export type HealthPart = {
  kind: 'database' | 'model' | 'objects' | 'queue' | 'worker'
  /** Of a model its name, of a worker its id; otherwise the kind. */
  name: string
  /** `degraded`: it works in part, or somebody has paused it. `down`: it does not work. */
  status: 'degraded' | 'down' | 'ok'
  /** Since when. Of a worker by the database; of other parts as seen by the API process that answers, since its start. */
  since: string
  /** What is wrong, in a sentence; null when nothing is. */
  reason: string | null
  /** What to do next, in a sentence; null when nothing is wrong. */
  next: string | null
}

/** Whether the service is well, and which part is not, since when and why. */
export type AdminHealth = {
  /** `unavailable`: nothing can be served, the database is away. `degraded`: some part is not ok. */
  status: 'degraded' | 'ok' | 'unavailable'
  /** What is the matter and what to do next, in one sentence. */
  summary: string
  checkedAt: string
  /** The worst first. */
  parts: HealthPart[]
  /** Null while the database is away. */
  work: WorkSummary | null
}

/** What waits and runs of a model. */
export type ModelLane = {
  priority: Priority
  waiting: number
  parked: number
  running: number
  oldestWaitSeconds: number | null
  model: string
}

/** The queue: its jobs, what is paused, and what waits and runs. */
export type QueueState = {
  backend: 'postgres' | 'redis'
  paused: boolean
  waiting: number
  active: number
  delayed: number
  failed: number
  completed: number
  /** Models of which no generation is started until they are resumed. */
  pausedModels: { model: string; since: string }[]
  lanes: ModelLane[]
}

/** What waits and runs of an owner. */
export type OwnerLane = {
  priority: Priority
  waiting: number
  parked: number
  running: number
  oldestWaitSeconds: number | null
  ownerId: string
  name: string
}

/** A generation as operators see it. */
export type AdminGeneration = GenerationSummary & {
  ownerId: string
  /** The worker that runs it or ran it last. */
  workerId: string | null
  queuedAt: string
  /** When it was parked; null: it is not. */
  parkedAt: string | null
  /** How many of its attempts ended with a lost worker. */
  lostAttempts: number
  /** How many failed in a way that may be the worker's fault. */
  failedAttempts: number
  /** The ended generation that this one repeats; null: none. */
  retryOf: string | null
  /** It took down its worker again and again, and has not been put back since. */
  poison: boolean
}

/** Something that an operator has done. */
export type AdminAction = {
  id: string
  createdAt: string
  ownerId: string
  keyId: string
  requestId: string
  /** Where it was asked for. */
  address: string
  /** Method and route, such as `POST /v1/admin/queue/pause`. */
  action: string
  /** The id in the route's address, null where it has none. */
  target: string | null
  /** The body with its defaults, null for none. */
  body: unknown
  /** Of the answer; null when the process ended before there was one. */
  status: number | null
}

/** One start of a generation. */
export type GenerationAttempt = {
  /** From 1. */
  attempt: number
  workerId: string | null
  startedAt: string
  /** Null while it runs. */
  endedAt: string | null
  /** `elsewhere`: it failed and another worker tries. `released`: its worker stopped. `lost`: its worker, or its model's process. */
  outcome: 'cancelled' | 'elsewhere' | 'failed' | 'lost' | 'released' | 'running' | 'succeeded'
  /** Why it failed; null when it did not. */
  error: Failure | null
}

/** Everything that is known of a generation. */
export type GenerationStory = {
  generation: {
    id: string
    turnId: string
    sessionId: string
    status: GenerationStatus
    priority: Priority
    attempt: number
    step: number
    steps: number
    seed: number
    parameters: Parameters
    model: string
    lcu: LcuUnit[]
    historyDropped: string[]
    images: Image[]
    timings: Record<string, number>
    device: string | null
    reproduction: Reproduction | null
    error: Failure | null
    createdAt: string
    startedAt: string | null
    finishedAt: string | null
    position: number | null
    etaSeconds: number | null
    ownerId: string
    workerId: string | null
    queuedAt: string
    parkedAt: string | null
    lostAttempts: number
    failedAttempts: number
    retryOf: string | null
    poison: boolean
  }
  ownerName: string
  sessionTitle: string | null
  /** The instruction of its turn. */
  instruction: string
  /** What the log of its session says about it, oldest first, at most 200. */
  events: { seq: number; type: string; createdAt: string; attempt: number | null; error: Failure | null }[]
  /** Its starts, oldest first, at most 200. Those that began before attempts were kept are missing. */
  attempts: GenerationAttempt[]
  /** What operators have done with it, oldest first, at most 200. */
  actions: AdminAction[]
  /** Generations that repeat it, oldest first, at most 100. */
  retries: string[]
}

/** An owner as operators see it. */
export type Owner = {
  id: string
  name: string
  createdAt: string
  /** Keys that hold. */
  keys: number
  sessions: number
  heldSessions: number
  waiting: number
  running: number
  /** Ended generations that still exist. */
  succeeded: number
  failed: number
  cancelled: number
  storage: { kind: 'generated' | 'mask' | 'uploaded'; images: number; bytes: number }[]
  /** Names of the limits that were set for this owner. */
  ownLimits: ('bytes' | 'images' | 'keys' | 'running' | 'sessions' | 'turnsPerSession' | 'waiting')[]
}

/** An owner with its limits. */
export type OwnerDetail = Owner & {
  limits: {
    bytes: { limit: number; used: number; default: number; own: number | null }
    decodes: { limit: number; used: number; default: number; own: number | null }
    images: { limit: number; used: number; default: number; own: number | null }
    imports: { limit: number; used: number; default: number; own: number | null }
    joinedSessions: { limit: number; used: number; default: number; own: number | null }
    keys: { limit: number; used: number; default: number; own: number | null }
    running: { limit: number; used: number; default: number; own: number | null }
    sessions: { limit: number; used: number; default: number; own: number | null }
    sockets: { limit: number; used: number; default: number; own: number | null }
    turnsPerSession: { limit: number; used: number; default: number; own: number | null }
    waiting: { limit: number; used: number; default: number; own: number | null }
  }
}

/** Body of `PATCH /v1/admin/owners/:id/limits`. */
export type UpdateLimits = {
  bytes?: number | null | undefined
  images?: number | null | undefined
  keys?: number | null | undefined
  running?: number | null | undefined
  sessions?: number | null | undefined
  turnsPerSession?: number | null | undefined
  waiting?: number | null | undefined
}

/** A session as operators see it. */
export type AdminSession = Session & {
  ownerId: string
  /** Since when it is on hold; null: it is not. */
  heldAt: string | null
  /** Why; null: it is not on hold, or nobody said. */
  holdReason: string | null
}

/** How much is stored, and how long. */
export type Storage = {
  kinds: { kind: 'generated' | 'mask' | 'uploaded'; images: number; bytes: number }[]
  retention: { mode: 'delete' | 'off' | 'report'; retentionDays: number; lastRunAt: string | null }
}

/** The result of a sweep of the object store. */
export type ObjectSweep = {
  objects: number
  orphans: number
  /** Total size of the orphans. */
  bytes: number
  /** Keys of the first 100 orphans. */
  keys: string[]
  deleted: number
}

/** A webhook as operators see it. */
export type AdminWebhook = {
  id: string
  turnId: string | null
  url: string
  events: string[]
  description: string
  enabled: boolean
  disabledReason: string | null
  failingSince: string | null
  createdAt: string
  ownerId: string
  /** Messages that wait to be sent, and that were given up, of the last 30 days. */
  pending: number
  failed: number
  /** Of the last message that was not delivered; null: there is none. */
  lastStatus: number | null
  lastError: string | null
}

/** A message to a webhook. */
export type Delivery = {
  /** The `webhook-id` of all attempts. */
  id: string
  webhookId: string
  sessionId: string
  type: string
  status: 'delivered' | 'failed' | 'pending'
  attempts: number
  /** HTTP status of the last answer; null when there was none. */
  lastStatus: number | null
  lastError: string | null
  nextAttemptAt: string | null
  createdAt: string
}

/** How many generations have ended, and how long they waited and ran, over time. */
export type Stats = {
  window: 'day' | 'hour' | 'week'
  /** Length of a point, in seconds. */
  seconds: number
  /** Oldest first; one for each length of time, also where nothing has ended. */
  points: {
    at: string
    succeeded: number
    failed: number
    cancelled: number
    wait: { p50: number; p95: number } | null
    run: { p50: number; p95: number } | null
  }[]
}

/** What is new about a generation. */
export type GenerationChange = {
  id: string
  turnId: string
  sessionId: string
  status: GenerationStatus
  priority: Priority
  attempt: number
  step: number
  steps: number
  model: string
  ownerId: string
  workerId: string | null
  parkedAt: string | null
  /** Of a failure; otherwise null. */
  code: string | null
}

/** Names of owners and keys. */
export type Names = { data: { id: string; name: string }[] }
