import {
  adminGenerationSchema,
  adminHealthSchema,
  adminSessionSchema,
  adminWebhookSchema,
  generationAttemptSchema,
  generationStorySchema,
  healthPartSchema,
  holdSessionSchema,
  modelLaneSchema,
  namesSchema,
  ownerDetailSchema,
  ownerLaneSchema,
  ownerLanesSchema,
  ownerLimitSchema,
  ownerSchema,
  pauseQueueSchema,
  queueStateSchema,
  storageSchema,
  storedKindSchema,
  updateLimitsSchema,
  workerSchema,
  workSummarySchema,
} from '@atelier/contracts'
import { note, type NotedSchema } from './schema-note.js'

const lane = {
  priority: 'How urgent.',
  waiting: 'Queued generations, without those that are parked.',
  parked: 'Queued generations that an operator has taken out of the running order.',
  running: 'Generations that run.',
  oldestWaitSeconds: 'Seconds since the oldest of the waiting ones was queued; null: none waits.',
}
const owner = {
  keys: 'Keys that hold.',
  sessions: 'Sessions.',
  heldSessions: 'Sessions on hold.',
  waiting: 'Generations that wait.',
  running: 'Generations that run.',
  succeeded: 'Generations that succeeded and still exist.',
  failed: 'Generations that failed and still exist.',
  cancelled: 'Generations that were cancelled and still exist.',
  storage: 'What is stored, by kind of image.',
  ownLimits: 'Names of the limits that were set for this owner.',
}
const ofSession = {
  lastSeq: 'Number of its newest event.',
  activeTurnId: 'The turn where the conversation stands; null: it has no turns.',
}

/** Names and notes of the schemas of the dashboard. */
export const adminSchemas: readonly NotedSchema[] = [
  note(adminHealthSchema, 'Health', 'Whether the service is well, and which part is not.', {
    fields: {
      status: '`unavailable`: the database is away; `degraded`: some part is not ok.',
      summary: 'What is the matter and what to do next, in a sentence.',
      checkedAt: 'When it was looked, in UTC.',
      parts: 'The worst first.',
      work: 'What waits, runs and has ended lately; null while the database is away.',
    },
  }),
  note(healthPartSchema, 'HealthPart', 'A part of the service.', {
    fields: {
      kind: 'Which part.',
      name: 'Of a model its name, of a worker its id; otherwise the kind.',
      status: '`degraded`: it works in part or is paused; `down`: it does not work.',
      since:
        'Since when, in UTC: of workers and pauses by the database, of the rest as seen by the API process that answers.',
      reason: 'What is wrong; null: nothing.',
      next: 'What to do next; null: nothing.',
    },
  }),
  note(workSummarySchema, 'WorkSummary', 'What waits, runs and has ended lately.', {
    fields: {
      ...lane,
      succeededLastHour: 'How many succeeded in the last hour.',
      failedLastHour: 'How many failed in the last hour.',
      cancelledLastHour: 'How many were cancelled in the last hour.',
      perMinute: 'How many succeeded in the last ten minutes, per minute.',
    },
  }),
  note(workerSchema, 'Worker', 'A worker, as it last reported.', {
    fields: {
      state:
        'What it is doing; `unhealthy`: generations failed on it one after another, and it takes none for now; `draining`, `drained`: an operator wants it to take none; `lost`: it has not reported for 30 seconds.',
      stateSince: 'Since when, in UTC; null: not known.',
      unhealthyReason: 'What failed last on a worker that is `unhealthy`; null: it is not.',
      deviceRequested: 'Its `DEVICE` setting.',
      deviceFallback: 'Why `auto` fell back to the CPU; null: it did not.',
      loading: 'The part of a model that loads, and the share of bytes that is loaded; null: nothing loads.',
      models: 'Names of its models.',
      batchSize: 'How many generations it makes at once; 1 of an older one.',
      version: 'Its version; null: an older one, which does not hear of `drain` and `restart`.',
      memoryBytes: "Memory of the worker and its model's process; null: it cannot be read.",
      hostname: 'The machine.',
      pid: 'Its process.',
      generationId: 'The generation that it runs, the oldest of several; null: none.',
      generation: 'The first of `generations`; null: none.',
      generations: 'The generations that it runs with their last steps, the oldest first.',
      drain: 'Whether an operator wants it to take no new generations.',
      restarting: "Whether its model's process is to be restarted and has not been yet.",
      lastSeenAt: 'When it last reported, in UTC.',
    },
  }),
  note(queueStateSchema, 'QueueState', 'The queue: jobs by state, what is paused, what waits and runs.', {
    fields: {
      backend: 'What the queue runs on.',
      paused: 'Whether workers take no new jobs.',
      waiting: 'Jobs that wait for a worker.',
      active: 'Jobs that run.',
      delayed: 'Jobs that wait for their time.',
      failed: 'Jobs that failed.',
      completed: 'Jobs that ended well.',
      pausedModels: 'Models of which no generation is started, and since when.',
      lanes: 'What waits and runs, by model and priority.',
    },
  }),
  note(modelLaneSchema, 'ModelLane', 'What waits and runs of a model.', { fields: lane }),
  note(ownerLaneSchema, 'OwnerLane', 'What waits and runs of an owner.', { fields: lane }),
  note(ownerLanesSchema, 'OwnerLanes', 'What waits and runs, by owner.', {
    fields: { data: 'Those with most waiting first.', total: 'How many there are in all.' },
  }),
  note(pauseQueueSchema, 'PauseQueue', 'What to pause or resume.', {
    fields: { model: 'Only generations of this model. Default: all.' },
    examples: [{ model: 'ace-mini' }],
  }),
  note(adminGenerationSchema, 'AdminGeneration', 'A generation as operators see it.', { fields: generationFields() }),
  note(generationStorySchema, 'GenerationStory', 'Everything that is known of a generation.', {
    fields: {
      generation: 'The generation.',
      ownerName: 'Name of its owner.',
      sessionTitle: 'Title of its session; null: none.',
      instruction: 'The instruction of its turn.',
      events: 'What the log of its session says about it, oldest first, at most 200.',
      attempts: 'Its starts, oldest first, at most 200.',
      actions: 'What operators have done with it, oldest first, at most 200.',
      retries: 'Generations that repeat it, oldest first, at most 100.',
    },
  }),
  note(generationAttemptSchema, 'GenerationAttempt', 'One start of a generation.', {
    fields: {
      attempt: 'From 1.',
      workerId: 'The worker; null: not known.',
      endedAt: 'When it ended, in UTC; null: it runs.',
      outcome:
        '`elsewhere`: it failed, and another worker tries. `released`: its worker stopped. `lost`: its worker or its process was lost.',
      error: 'Why it failed; null: it did not.',
    },
  }),
  note(namesSchema, 'Names', 'Names of owners and keys.', { fields: { data: 'Those that exist.' } }),
  note(ownerSchema, 'Owner', 'An owner as operators see it.', { fields: owner }),
  note(ownerDetailSchema, 'OwnerDetail', 'An owner with its limits.', {
    fields: { ...owner, limits: 'Each limit: how much is used, what the settings say, what was set for this owner.' },
  }),
  note(ownerLimitSchema, 'OwnerLimit', 'A limit of an owner.', {
    fields: {
      limit: 'The most that it may have.',
      used: 'What it has.',
      default: 'By the settings of the server.',
      own: 'Set for this owner; null: the default holds.',
    },
  }),
  note(updateLimitsSchema, 'UpdateLimits', 'Limits to set for an owner; null takes one back.', {
    fields: {
      waiting: 'Generations that wait.',
      running: 'Generations that run at once.',
      sessions: 'Sessions.',
      turnsPerSession: 'Turns of one session.',
      images: 'Images.',
      bytes: 'Bytes of all images.',
      keys: 'Keys that hold.',
    },
    examples: [{ waiting: 200, keys: null }],
  }),
  note(adminSessionSchema, 'AdminSession', 'A session as operators see it.', {
    fields: {
      ...ofSession,
      heldAt: 'Since when it is on hold, in UTC; null: it is not.',
      holdReason: 'Why; null: nobody said.',
    },
  }),
  note(holdSessionSchema, 'HoldSession', 'Why a session is put on hold.', {
    fields: { reason: 'For operators; the owner does not see it.' },
    examples: [{ reason: 'Kept for an investigation' }],
  }),
  note(storedKindSchema, 'StoredKind', 'How much is stored of a kind of image.', {
    fields: { kind: 'Which kind.', images: 'How many.', bytes: 'Their size, without thumbnails.' },
  }),
  note(storageSchema, 'Storage', 'How much is stored, and how long.', {
    fields: {
      kinds: 'By kind of image.',
      retention: '`mode` and `retentionDays` as set (0: kept for good), and when it was last looked.',
    },
  }),
  note(adminWebhookSchema, 'AdminWebhook', 'A webhook as operators see it.', {
    fields: {
      turnId: 'The turn whose generations it is told of; null: everything of its owner.',
      url: 'Where its messages go.',
      events: 'Types of messages.',
      description: 'What it is for.',
      enabled: 'Whether messages are sent.',
      disabledReason: 'Why the server disabled it; null: it did not.',
      failingSince: 'Since when every attempt has failed, in UTC; null: the last one succeeded.',
      pending: 'Messages that wait to be sent.',
      failed: 'Messages of the last 30 days that were given up.',
      lastStatus: 'HTTP status of the last attempt that failed; null: none, or no answer.',
      lastError: 'What went wrong in the last attempt that failed; null: none failed.',
    },
  }),
]

/** Notes of a generation's fields; a function, because the list above is long enough. */
function generationFields() {
  return {
    priority: 'That of its turn.',
    attempt: 'How many times a worker has started it.',
    step: 'Last finished step.',
    steps: 'Steps in all.',
    timings: 'Milliseconds by stage.',
    reproduction: 'How it compares with the generation that it repeats; null: it repeats none.',
    error: 'Why it failed; null: it did not.',
    workerId: 'The worker that runs it or ran it last; null: none.',
    queuedAt: 'When it was last queued, in UTC.',
    parkedAt: 'When it was parked, in UTC; null: it is not.',
    lostAttempts: 'How many of its attempts ended with a lost worker.',
    failedAttempts: "How many failed in a way that may be the worker's fault.",
    retryOf: 'The ended generation that it repeats; null: none.',
    poison: 'It took down its worker again and again, and has not been put back since.',
  }
}
