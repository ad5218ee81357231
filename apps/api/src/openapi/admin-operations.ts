import type { OperationNote } from './operation-note.js'

/** Notes of the operations for operators. */
export const adminOperations: Readonly<Record<string, OperationNote>> = {
  'get /v1/admin/health': {
    id: 'getHealth',
    description:
      'Which part is well and which is not, since when and why, with what to do next; and what waits, runs and has ended lately.',
  },
  'get /v1/admin/events': {
    id: 'streamAdminEvents',
    description:
      'Server-sent events: `health`, `queue` and `workers` as they stand, then each again when it has changed; `generations` that changed; `action` when an operator has done something. docs/api.md describes them. The stream does not end by itself.',
    content: ['text/event-stream'],
  },
  'get /v1/admin/queue': {
    id: 'getQueue',
    description: 'How many jobs are in each state, what is paused, and what waits and runs by model and priority.',
  },
  'get /v1/admin/queue/owners': {
    id: 'listQueueOwners',
    description: 'What waits and runs of each owner and priority; those with most waiting first.',
    answer: 'OwnerLanes',
  },
  'post /v1/admin/queue/pause': {
    id: 'pauseQueue',
    description: 'Workers take no new jobs; with `model`, none of that model.',
    errors: ['unknown_model'],
  },
  'post /v1/admin/queue/resume': {
    id: 'resumeQueue',
    description: 'Workers take jobs again; with `model`, those of that model.',
  },
  'post /v1/admin/queue/drain': {
    id: 'drainQueue',
    description: 'Cancels all queued generations of all owners.',
    answer: 'Drained',
  },
  'get /v1/admin/workers': {
    id: 'listWorkers',
    description: 'Workers that reported lately, with their state, what they run, device and models.',
    answer: 'WorkerList',
  },
  'post /v1/admin/workers/{id}/drain': {
    id: 'drainWorker',
    description: 'The worker ends its generation and takes no others. It hears of it with its next report, within 5 s.',
  },
  'post /v1/admin/workers/{id}/undrain': { id: 'undrainWorker', description: 'The worker takes generations again.' },
  'post /v1/admin/workers/{id}/restart': {
    id: 'restartWorker',
    description: "The worker ends its model's process and starts another; what it runs goes back to the queue.",
  },
  'get /v1/admin/generations': {
    id: 'listGenerations',
    description: 'A page of the generations of all owners, of those for which all that is asked for holds.',
    answer: 'AdminGenerationPage',
  },
  'post /v1/admin/generations/{id}/retry': {
    id: 'retryGenerationForOwner',
    description: "Runs an ended generation again with its seed, on its owner's behalf.",
    errors: ['not_retryable'],
    creates: true,
  },
  'get /v1/admin/generations/{id}': {
    id: 'getGenerationStory',
    description: 'A generation with its events, its attempts, what operators did with it, and its pictures.',
  },
  'post /v1/admin/generations/{id}/cancel': {
    id: 'cancelGenerationForOwner',
    description: 'Cancels at once what is queued, and before its next step what is running.',
    errors: ['not_cancellable'],
  },
  'post /v1/admin/generations/{id}/front': {
    id: 'moveGenerationToFront',
    description: 'Starts a queued generation before all others, after those that were moved earlier.',
    errors: ['not_queued'],
  },
  'post /v1/admin/generations/{id}/park': {
    id: 'parkGeneration',
    description: 'Takes a queued generation out of the running order: no worker starts it until it is unparked.',
    errors: ['not_queued'],
  },
  'post /v1/admin/generations/{id}/unpark': {
    id: 'unparkGeneration',
    description:
      'Puts a parked generation back at its old place. A poison one has ended for good: another one with its seed is queued, once.',
    errors: ['not_parked', 'session_on_hold'],
  },
  'get /v1/admin/owners': {
    id: 'listOwners',
    description: 'A page of the owners with what they have.',
    answer: 'OwnerPage',
  },
  'get /v1/admin/owners/{id}': { id: 'getOwner', description: 'An owner with what it has and its limits.' },
  'get /v1/admin/names': {
    id: 'getNames',
    description: 'The names of up to 100 owners and keys, in any order. Those that are gone are missing.',
  },
  'patch /v1/admin/owners/{id}/limits': {
    id: 'updateOwnerLimits',
    description: 'Sets limits that hold for this owner instead of those of the settings; null takes one back.',
  },
  'get /v1/admin/sessions': {
    id: 'listAllSessions',
    description: 'A page of the sessions of all owners, of those on hold if asked.',
    answer: 'AdminSessionPage',
  },
  'post /v1/admin/sessions/{id}/hold': {
    id: 'holdSession',
    description: 'Nobody can change or delete the session until it is released; it can be read.',
  },
  'post /v1/admin/sessions/{id}/release': { id: 'releaseSession', description: 'Ends the hold of a session.' },
  'get /v1/admin/storage': {
    id: 'getStorage',
    description: 'How much is stored by kind of image, and what is done about what is old.',
  },
  'get /v1/admin/webhooks': {
    id: 'listAllWebhooks',
    description: 'A page of the webhooks of all owners, of those that fail if asked.',
    answer: 'AdminWebhookPage',
  },
  'get /v1/admin/webhooks/{id}/deliveries': {
    id: 'listWebhookDeliveries',
    description: 'A page of the messages of a webhook, of one status if asked.',
    answer: 'DeliveryPage',
  },
  'post /v1/admin/webhooks/{id}/deliveries/{deliveryId}/replay': {
    id: 'replayWebhookDelivery',
    description: 'Sends a message again, with the same `webhook-id`.',
    answer: 'Delivery',
  },
  'post /v1/admin/keys': {
    id: 'createKey',
    description: 'Makes a key, for a new owner unless `ownerId` names one. The token is shown this once.',
  },
  'get /v1/admin/keys': { id: 'listKeys', description: 'A page of the keys of all owners.', answer: 'KeyPage' },
  'post /v1/admin/keys/{id}/rotate': {
    id: 'rotateKey',
    description: 'Makes a new key of the same owner and scopes; the old one ends after `overlapSeconds`.',
  },
  'patch /v1/admin/keys/{id}': {
    id: 'updateKey',
    description: 'Gives a key that holds another end, or none.',
  },
  'delete /v1/admin/keys/{id}': { id: 'revokeKey', description: 'Revokes a key; it stays in the list.' },
  'get /v1/admin/usage': {
    id: 'listUsage',
    description: 'A page of the ended generations and pictures of each owner.',
    answer: 'UsagePage',
  },
  'get /v1/admin/stats': {
    id: 'getStats',
    description: 'How many generations have ended, and how long they waited and ran, over the last hour, day or week.',
  },
  'get /v1/admin/actions': {
    id: 'listActions',
    description:
      'A page of what operators have done: all, or to one id, with one key, by one owner, or of one kind. Nobody can change or delete it.',
    answer: 'ActionPage',
  },
  'get /v1/admin/actions/export': {
    id: 'exportActions',
    description:
      'What operators have done as one file, oldest first: a JSON object a line, or CSV. The filters are those of the list.',
    content: ['application/x-ndjson', 'text/csv'],
    headers: { 'Content-Disposition': 'The name of the file.' },
  },
  'post /v1/admin/objects/clean': {
    id: 'cleanObjects',
    description: 'Takes the metadata from uploads that older versions stored as they were sent, some at a time.',
  },
  'post /v1/admin/objects/sweep': {
    id: 'sweepObjects',
    description: 'Finds files that no row refers to, and deletes them if `dryRun` is false.',
  },
}
