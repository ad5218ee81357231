import type { ErrorCode } from '@atelier/contracts'
import { adminOperations } from './admin-operations.js'
import { openAiOperations } from './openai-operations.js'
import type { OperationNote } from './operation-note.js'
import { webhookOperations } from './webhook-operations.js'

const pictures = ['image/png', 'image/jpeg', 'image/webp']
const newImage: ErrorCode[] = [
  'unsupported_image',
  'image_truncated',
  'image_damaged',
  'image_animated',
  'image_too_large',
  'mask_empty',
]
const newTurn: ErrorCode[] = [
  'image_too_elongated',
  'instruction_empty',
  'instruction_too_long',
  'unknown_mention',
  'unknown_image',
  'unknown_turn',
  'unknown_model',
  'mask_size_mismatch',
  'mask_empty',
  'not_a_mask',
  'invalid_size',
  'parameter_out_of_range',
  'too_many_images',
]

/** All routes of the document, by method and path. A test compares them with the routes that there are. */
export const operationNotes: Readonly<Record<string, OperationNote>> = {
  ...openAiOperations,
  'get /health/live': {
    id: 'getLiveness',
    description: 'Whether the process runs. Asks nothing of database, queue or store.',
    answer: 'Live',
  },
  'get /health/ready': {
    id: 'getReadiness',
    description: 'Whether database, queue and object store respond. 503, with the same body, if one does not.',
    answer: 'Ready',
  },
  'get /metrics': {
    id: 'getMetrics',
    description: 'Requests, jobs, generations and workers, in the text format of Prometheus.',
    content: ['text/plain'],
  },
  'post /v1/browser-sessions': {
    id: 'signIn',
    description: 'Exchanges the secret of a sign-in link, which works once, or a key for the cookie of this browser.',
    errors: ['unauthorized', 'forbidden'],
  },
  'get /v1/browser-sessions/current': {
    id: 'getBrowserSession',
    description:
      'Whom the cookie of this browser belongs to, by which key and until when. A request with a key has no such cookie.',
    errors: ['not_found'],
  },
  'delete /v1/browser-sessions/current': {
    id: 'signOut',
    description: 'Ends the browser session, with all its tabs.',
  },
  'get /objects/{key}': {
    id: 'getObject',
    description:
      'A file by its signed URL: the `url` and `thumbnailUrl` of an image lead here. Use them as they are; the key has slashes in it. A bucket serves its own files.',
    content: pictures,
    headers: { 'Cache-Control': 'How long it may be kept.' },
  },
  'get /v1/models': {
    id: 'listModels',
    description: 'The models that this server offers, the default one first.',
    answer: 'ModelList',
  },
  'get /v1/limits': {
    id: 'getLimits',
    description: 'What you may have and start at once, and how much of it you use.',
  },
  'post /v1/sessions': {
    id: 'createSession',
    description: 'Starts a conversation. The body may be left out.',
    creates: true,
  },
  'get /v1/sessions': {
    id: 'listSessions',
    description: 'A page of your conversations, each with its newest picture.',
    answer: 'ListedSessionPage',
  },
  'get /v1/sessions/{id}': {
    id: 'getSession',
    description: 'A conversation with the newest turns of its active path, or of the path through `turn`.',
    errors: ['unknown_turn'],
  },
  'get /v1/sessions/{id}/turns': {
    id: 'listTurns',
    description: 'A page of the turns of a path, or with `path=all` of all turns in order of creation.',
    errors: ['unknown_turn'],
  },
  'patch /v1/sessions/{id}': {
    id: 'updateSession',
    description: 'Renames a conversation, or continues it from another of its turns.',
    errors: ['unknown_turn', 'session_on_hold'],
  },
  'delete /v1/sessions/{id}': {
    id: 'deleteSession',
    description: 'Deletes a conversation for good, with the pictures that only it uses.',
    errors: ['session_on_hold'],
  },
  'get /v1/sessions/{id}/export': {
    id: 'exportSession',
    description: 'A conversation with its pictures as one zip file, for `POST /v1/sessions/import`.',
    errors: ['image_unreadable'],
    content: ['application/zip'],
    headers: { 'Content-Disposition': 'The name of the file.' },
  },
  'post /v1/sessions/import': {
    id: 'importSession',
    description: 'A new conversation from the zip file of an export, with new ids.',
    errors: ['archive_invalid', 'image_too_large', 'unsupported_image'],
    creates: true,
  },
  'post /v1/sessions/{id}/fork': {
    id: 'forkSession',
    description: 'Copies the turns from the root to one turn, or without `turnId` all turns, into a new conversation.',
    errors: ['unknown_turn', 'fork_too_large', 'image_unreadable'],
    creates: true,
  },
  'post /v1/sessions/{id}/turns': {
    id: 'createTurn',
    description:
      'Asks for a picture or a change. 202 says that it is stored; poll `GET /v1/generations/{id}` or follow the events to see it end.',
    errors: [...newTurn, 'session_on_hold'],
    creates: true,
  },
  'post /v1/turns/dry-run': {
    id: 'dryRunTurn',
    description:
      'What a turn would edit, follow and show the model, at which size, and how long its texts are for the model. Creates nothing; an empty instruction and long texts are not refused.',
    errors: newTurn,
  },
  'get /v1/sessions/{id}/events': {
    id: 'streamEvents',
    description:
      'Server-sent events: those after `Last-Event-ID` or `afterSeq`, then those that happen. `event:` is the type, `id:` the `seq`, `data:` a JSON object; docs/api.md lists the types. The stream does not end by itself.',
    content: ['text/event-stream'],
    requestHeaders: { 'Last-Event-ID': '`id` of the last event that was seen; browsers send it when they reconnect.' },
  },
  'get /v1/turns/{id}': { id: 'getTurn', description: 'A turn with its newest generations and its place.' },
  'get /v1/turns/{id}/siblings': {
    id: 'listSiblings',
    description: 'A page of the turns with the same parent, the turn itself among them, oldest first.',
    answer: 'SiblingPage',
  },
  'get /v1/turns/{id}/generations': {
    id: 'listTurnGenerations',
    description: 'A page of the generations of a turn.',
    answer: 'GenerationSummaryPage',
  },
  'delete /v1/turns/{id}': {
    id: 'deleteTurn',
    description: 'Deletes a turn that nothing follows, with its generations and pictures.',
    errors: ['in_use', 'session_on_hold'],
  },
  'post /v1/images': {
    id: 'uploadImage',
    description:
      'Stores what a picture, or a mask for one, shows: upright, in sRGB and without metadata. A file that you already have is not stored again.',
    errors: newImage,
    creates: true,
  },
  'get /v1/images/{id}': { id: 'getImage', description: 'What is known of a picture, with fresh URLs.' },
  'delete /v1/images/{id}': {
    id: 'deleteImage',
    description: 'Deletes a picture that no turn uses.',
    errors: ['in_use'],
  },
  'get /v1/images/{id}/content': {
    id: 'getImageContent',
    description: 'The file of a picture. Pictures never change: 304 to whoever has it.',
    errors: ['image_unreadable'],
    content: pictures,
    headers: { ETag: 'Names the contents.', 'Cache-Control': 'How long it may be kept.' },
    requestHeaders: { 'If-None-Match': 'The `ETag` of the file that the caller has.' },
  },
  'post /v1/images/{id}/outpaint': {
    id: 'outpaintImage',
    description: 'Makes a larger picture with its edges extended, and a mask that is white on the new part.',
    errors: ['image_too_large', 'image_unreadable'],
    creates: true,
  },
  'get /v1/generations/{id}': {
    id: 'getGeneration',
    description: 'The state of a generation, its pictures, and what the model saw.',
  },
  'post /v1/generations/{id}/cancel': {
    id: 'cancelGeneration',
    description: 'Cancels at once what is queued, and before its next step what is running.',
    errors: ['not_cancellable'],
  },
  'post /v1/generations/{id}/retry': {
    id: 'retryGeneration',
    description: 'A new generation of the same turn, with another seed, for one that has ended.',
    errors: ['not_retryable', 'session_on_hold'],
    creates: true,
  },
  'post /v1/generations/{id}/reproduce': {
    id: 'reproduceGeneration',
    description: 'A new generation that repeats one from its record; `reproduction` compares the pictures.',
    errors: ['not_reproducible', 'session_on_hold'],
    creates: true,
  },
  ...webhookOperations,
  ...adminOperations,
}
