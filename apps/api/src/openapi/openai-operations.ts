import type { ErrorCode } from '@atelier/contracts'
import type { OperationNote } from './operation-note.js'

const turn: ErrorCode[] = [
  'instruction_empty',
  'unknown_mention',
  'unknown_model',
  'parameter_out_of_range',
  'queue_full',
  'too_many_at_once',
  'limit_reached',
  'storage_full',
  'idempotency_conflict',
  'still_running',
  'gone',
  'model_failed',
  'model_out_of_memory',
  'worker_lost',
]
const pictures: ErrorCode[] = [
  ...turn,
  'unknown_image',
  'unsupported_image',
  'image_truncated',
  'image_damaged',
  'image_animated',
  'image_too_large',
  'image_too_elongated',
  'image_too_costly',
  'too_many_images',
  'busy',
]
const requestHeaders = {
  'X-Stainless-Retry-Count': 'How many times the client has sent this call before.',
  'Idempotency-Key':
    'The call is carried out once; without it, calls that say the same are told apart as docs/clients.md says.',
}

/** The routes of the OpenAI door, by method and path. */
export const openAiOperations: Readonly<Record<string, OperationNote>> = {
  'post /openai/v1/images/generations': {
    id: 'openAiGenerateImages',
    description:
      'Makes pictures in a new session, and answers when they are finished. With `stream` the answer is `text/event-stream`: `image_generation.partial_image` and `image_generation.completed`.',
    errors: turn,
    requestHeaders,
  },
  'post /openai/v1/images/edits': {
    id: 'openAiEditImages',
    description:
      'Edits a picture, by a form or by JSON. A picture that this server made continues its session. With `stream` the answer is `text/event-stream`: `image_edit.partial_image` and `image_edit.completed`.',
    errors: [...pictures, 'mask_size_mismatch', 'mask_empty', 'mask_full', 'not_a_mask'],
    requestHeaders,
  },
  'post /openai/v1/images/variations': {
    id: 'openAiVaryImage',
    description: 'Makes a picture again, with another seed.',
    errors: pictures,
    requestHeaders,
  },
  'post /openai/v1/responses': {
    id: 'openAiCreateResponse',
    description:
      'Makes a picture, or edits the one of the response that it follows. With `background` the answer comes at once; with `stream` it is `text/event-stream`, `response.created` to `response.completed`.',
    errors: [...pictures, 'mask_size_mismatch', 'mask_empty', 'mask_full', 'not_a_mask', 'not_found'],
    requestHeaders,
  },
  'get /openai/v1/responses/{id}': {
    id: 'openAiGetResponse',
    description:
      'A response as it is now. With `stream=true` its events after number `starting_after`, and those that come until it ends.',
  },
  'delete /openai/v1/responses/{id}': {
    id: 'openAiDeleteResponse',
    description: 'Deletes the turn of a response with its picture.',
    errors: ['in_use'],
  },
  'post /openai/v1/responses/{id}/cancel': {
    id: 'openAiCancelResponse',
    description: 'Cancels a response; one that has ended is answered as it is.',
  },
  'get /openai/v1/models': { id: 'openAiListModels', description: 'The models and their other names.' },
  'get /openai/v1/models/{model}': {
    id: 'openAiGetModel',
    description: 'Whether there is a model of this name.',
    errors: ['unknown_model'],
  },
}
