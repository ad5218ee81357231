import { z } from 'zod'

/** One row of the error table. */
export interface ErrorDefinition {
  /** HTTP status of the answer; for failures of a generation, the status a caller would get if it were an answer. */
  readonly status: number
  /** When it happens. */
  readonly when: string
  /** What the caller does next, one sentence. */
  readonly next: string
}

/**
 * Every error code that Atelier can answer with, or give as the reason of a failed generation. The list is closed:
 * a test compares it with `docs/errors.md`.
 */
export const errorTable = {
  invalid_request: {
    status: 400,
    when: 'The request does not fit its schema.',
    next: 'Read `details`, correct those fields and send again.',
  },
  instruction_empty: {
    status: 400,
    when: 'The instruction has no text.',
    next: 'Say in words what picture or change you want.',
  },
  instruction_too_long: {
    status: 400,
    when: 'The instruction is longer than 2,000 characters.',
    next: 'Shorten the instruction; the model reads about 120 tokens.',
  },
  unknown_mention: {
    status: 400,
    when: 'The instruction names an `@img_…` that is not one of your images.',
    next: 'Upload the image first, or correct the name.',
  },
  unknown_image: {
    status: 400,
    when: '`images` names an image that is not one of yours.',
    next: 'Upload the image first, or correct the id.',
  },
  unknown_turn: {
    status: 400,
    when: 'A turn is named that is not one of this session.',
    next: 'Choose a turn from `GET /v1/sessions/:id`.',
  },
  unknown_model: {
    status: 400,
    when: 'The model is not one of those served here.',
    next: 'Choose a name from `GET /v1/models`.',
  },
  unsupported_image: {
    status: 415,
    when: 'The file is not a readable PNG, JPEG or WebP picture.',
    next: 'Convert the picture to PNG, JPEG or WebP and upload it again.',
  },
  image_too_large: {
    status: 413,
    when: 'The file has too many bytes, or its picture too many pixels.',
    next: 'Make the picture smaller (at most 4096×4096 pixels and 20 MB) and upload it again.',
  },
  mask_size_mismatch: {
    status: 400,
    when: 'A mask has another size than its image.',
    next: 'Send a mask with exactly the width and height of its image.',
  },
  mask_empty: {
    status: 400,
    when: 'A mask has no white: nothing would be edited.',
    next: 'Draw white where the picture shall change, or send no mask.',
  },
  not_a_mask: {
    status: 400,
    when: '`maskId` names a picture that is not a mask.',
    next: 'Upload the mask with `purpose=mask` and send its id.',
  },
  invalid_size: {
    status: 400,
    when: 'The requested size is not a multiple of 16, too small, too large or too elongated for the model.',
    next: 'Choose a width and height within the limits in `GET /v1/models`.',
  },
  parameter_out_of_range: {
    status: 400,
    when: 'A parameter (steps, guidance, seed, count …) is out of range.',
    next: 'Choose a value within the limits in `GET /v1/models`.',
  },
  too_many_images: {
    status: 400,
    when: 'The turn has ten or more condition images.',
    next: 'Use at most nine images in one turn.',
  },
  unauthorized: {
    status: 401,
    when: 'The key is missing, unknown or revoked.',
    next: 'Send `Authorization: Bearer atl_…` with a valid key.',
  },
  forbidden: {
    status: 403,
    when: 'The key lacks the scope that this route needs.',
    next: 'Use a key with the scope named in the message.',
  },
  not_found: {
    status: 404,
    when: 'There is nothing with this id that you own, or no such route.',
    next: 'Check the id and the key you are using.',
  },
  not_cancellable: { status: 409, when: 'The generation has already ended.', next: 'Nothing to do: read its status.' },
  not_retryable: { status: 409, when: 'The generation has not ended yet.', next: 'Wait until it ends, or cancel it.' },
  not_reproducible: {
    status: 409,
    when: 'The generation has not succeeded, or its picture was deleted.',
    next: 'Choose a generation that has succeeded and still has its picture.',
  },
  in_use: {
    status: 409,
    when: 'What should be deleted is still needed by turns that remain.',
    next: 'Delete the turns named in `details` first.',
  },
  archive_invalid: {
    status: 400,
    when: 'The file is not an archive of a session, or it is damaged.',
    next: 'Export the session again and import that file unchanged.',
  },
  idempotency_conflict: {
    status: 409,
    when: 'The Idempotency-Key was used before with another request, or that request is still running.',
    next: 'Use a new key for a new request; repeat the same request to get its answer.',
  },
  payload_too_large: { status: 413, when: 'The request body is larger than allowed.', next: 'Send a smaller body.' },
  rate_limited: {
    status: 429,
    when: 'Too many requests in a short time.',
    next: 'Wait for the seconds in `Retry-After`, then send again.',
  },
  internal: {
    status: 500,
    when: 'A part of the server failed in a way it did not expect.',
    next: 'Send again later; give the operator the `requestId`.',
  },
  unavailable: {
    status: 503,
    when: 'The database, the queue or the object store does not answer.',
    next: 'Send again after the seconds in `Retry-After`.',
  },
  model_failed: {
    status: 500,
    when: 'The model stopped with an error while it made the picture.',
    next: 'Retry the generation; if it fails again, give the operator the generation id.',
  },
  model_out_of_memory: {
    status: 500,
    when: 'The device had too little memory for this generation.',
    next: 'Choose a smaller size or less history, then retry.',
  },
  model_invalid_output: {
    status: 500,
    when: 'The model produced numbers that are not a picture.',
    next: 'Retry with another seed.',
  },
  image_unreadable: {
    status: 500,
    when: 'A stored picture that the turn needs is missing or damaged.',
    next: 'Upload the picture again and make a new turn.',
  },
  worker_lost: {
    status: 500,
    when: 'The generation was started several times and its worker died each time.',
    next: 'Change the request before retrying; give the operator the generation id.',
  },
} as const satisfies Record<string, ErrorDefinition>

/** A code from {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable

/** All codes, as a non-empty tuple for zod. */
export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]

/** Schema of the reason of a failed generation. */
export const failureSchema = z.object({ code: z.enum(errorCodes), message: z.string() })
/** Why a generation failed. */
export type Failure = z.infer<typeof failureSchema>

/** Schema of every error answer. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.enum(errorCodes),
    message: z.string(),
    details: z.unknown().optional(),
    requestId: z.string(),
  }),
})
/** Body of every error answer. */
export type ErrorBody = z.infer<typeof errorBodySchema>
