/** A row of the error table. */
export interface ErrorDefinition {
  /** HTTP status of the response. For the failure codes of a generation: the status such a response would have. */
  readonly status: number
  /** What went wrong, in one sentence. */
  readonly when: string
  /** What the caller does next, in one sentence. */
  readonly next: string
}

/**
 * Every error code that Atelier can return, or record as the reason a generation failed. The list is closed: a test
 * compares it with `docs/errors.md`.
 */
export const errorTable = {
  invalid_request: {
    status: 400,
    when: 'The request does not match its schema.',
    next: 'Correct the fields named in `details` and send it again.',
  },
  instruction_empty: {
    status: 400,
    when: 'The instruction is empty.',
    next: 'Describe the picture or the change you want.',
  },
  instruction_too_long: {
    status: 400,
    when: 'The instruction is longer than 2,000 characters.',
    next: 'Shorten it; the model reads about 120 tokens.',
  },
  text_too_long: {
    status: 400,
    when: 'The instruction or the negative prompt has more tokens than the model reads.',
    next: 'Shorten it, or send `"onLongText": "truncate"` to use its beginning.',
  },
  unknown_mention: {
    status: 400,
    when: 'The instruction mentions an `@img_…` that is not one of your images.',
    next: 'Upload the image first, or correct the id.',
  },
  unknown_image: {
    status: 400,
    when: '`images` contains an id that is not one of your images.',
    next: 'Upload the image first, or correct the id.',
  },
  unknown_turn: {
    status: 400,
    when: 'The request names a turn that is not part of this session.',
    next: 'Choose a turn from `GET /v1/sessions/:id`.',
  },
  unknown_model: {
    status: 400,
    when: 'This server does not offer a model with that name.',
    next: 'Choose a name from `GET /v1/models`.',
  },
  unsupported_image: {
    status: 415,
    when: 'The file is not a PNG, JPEG or WebP image.',
    next: 'Convert it to PNG, JPEG or WebP and upload it again.',
  },
  image_truncated: {
    status: 415,
    when: 'The file ends before its picture does, so that part of the picture is missing.',
    next: 'Copy or download the file again and upload it whole.',
  },
  image_damaged: {
    status: 415,
    when: 'The file is a damaged PNG, JPEG or WebP image that cannot be decoded.',
    next: 'Open it in an image editor, save it again and upload that.',
  },
  image_animated: {
    status: 415,
    when: 'The picture is animated; only still ones can be used.',
    next: 'Save one frame of it as PNG, JPEG or WebP and upload that.',
  },
  image_too_large: {
    status: 413,
    when: 'The file has too many bytes, or the image has too many pixels.',
    next: 'Make it smaller than the limit in `details` and upload it again.',
  },
  image_too_elongated: {
    status: 400,
    when: 'A condition image is too long and narrow for the model, which would see only its middle.',
    next: 'Crop it, or send `details.outpaint`, if it is there, to `POST /v1/images/:id/outpaint` and use the larger image.',
  },
  image_too_costly: {
    status: 422,
    when: 'Decoding the picture takes more time or memory than a picture of its size may.',
    next: 'Open it in an image editor, save it as an ordinary PNG or JPEG (not progressive) and upload that.',
  },
  mask_size_mismatch: {
    status: 400,
    when: 'A mask is not the same size as its image.',
    next: 'Send a mask with exactly the width and height of its image.',
  },
  mask_empty: {
    status: 400,
    when: 'The mask marks nothing: it has no pixel from mid-grey up to white.',
    next: 'Paint the area to change white, or send no mask.',
  },
  mask_full: {
    status: 400,
    when: 'The mask marks the whole picture.',
    next: 'Leave the part to keep unmarked, or send no mask.',
  },
  not_a_mask: {
    status: 400,
    when: '`maskId` names an image that is not a mask.',
    next: 'Upload the mask with `purpose=mask` and send its id.',
  },
  invalid_size: {
    status: 400,
    when: 'The size is not a multiple of 16, or it is too small, too large or too elongated for the model.',
    next: 'Choose a width and height within the limits in `GET /v1/models`.',
  },
  parameter_out_of_range: {
    status: 400,
    when: 'A parameter (steps, guidance, seed, count …) is out of range.',
    next: 'Choose a value within the limits in `GET /v1/models`.',
  },
  too_many_images: {
    status: 400,
    when: 'The turn has more than nine condition images.',
    next: 'Use at most nine images in a turn.',
  },
  unauthorized: {
    status: 401,
    when: 'The key or browser session is missing, unknown, expired or revoked.',
    next: 'Send `Authorization: Bearer atl_…` with a valid key.',
  },
  forbidden: {
    status: 403,
    when: 'The key lacks the scope that this route requires, or a browser asks for a change from another page.',
    next: "Use a key with the scope named in the message, or the server's own page.",
  },
  not_found: {
    status: 404,
    when: 'There is no such route, or nothing with this id belongs to you.',
    next: 'Check the id and the key you are using.',
  },
  method_not_allowed: {
    status: 405,
    when: 'This route does not take that method.',
    next: 'Use a method of the `Allow` header.',
  },
  request_timeout: {
    status: 408,
    when: 'The request did not arrive in time.',
    next: 'Send it again without pauses.',
  },
  not_cancellable: {
    status: 409,
    when: 'The generation has already ended.',
    next: 'No action is needed; read its status.',
  },
  not_retryable: { status: 409, when: 'The generation has not ended yet.', next: 'Wait until it ends, or cancel it.' },
  not_reproducible: {
    status: 409,
    when: 'The generation has not succeeded, or its image has been deleted.',
    next: 'Choose a generation that has succeeded and still has its image.',
  },
  not_queued: { status: 409, when: 'The generation does not wait, or not any more.', next: 'Read its status.' },
  not_parked: { status: 409, when: 'The generation is neither parked nor poison.', next: 'Read its status.' },
  session_on_hold: {
    status: 409,
    when: 'An operator has put the session on hold: it can be read, but not changed or deleted.',
    next: 'Ask the operator, or continue in a fork of the session.',
  },
  in_use: {
    status: 409,
    when: 'Other turns still need what you want to delete.',
    next: 'Delete the turns named in `details` first; it lists at most 100.',
  },
  fork_too_large: {
    status: 413,
    when: 'The path to this turn has too many turns for a fork.',
    next: 'Fork from an earlier turn, or export the whole session.',
  },
  archive_invalid: {
    status: 400,
    when: 'The file is not a session archive, or it is damaged.',
    next: 'Export the session again and import that file unchanged.',
  },
  archive_too_large: {
    status: 413,
    when: 'The conversation in the archive is larger than an import may be.',
    next: 'Export a part of it: fork the conversation at an earlier turn, and export the fork.',
  },
  idempotency_conflict: {
    status: 409,
    when: 'The Idempotency-Key was already used for a different request.',
    next: 'Use a new key for a new request; repeat a request unchanged to get its answer.',
  },
  still_running: {
    status: 409,
    when: 'The first request with this Idempotency-Key is still running.',
    next: 'Send it again after the number of seconds in `Retry-After`; it then gets the answer of the first.',
  },
  gone: {
    status: 410,
    when: 'What the Idempotency-Key created has been deleted since.',
    next: 'Use a new key to create it again.',
  },
  unsupported_media_type: {
    status: 415,
    when: 'The body has a Content-Type that this route does not read.',
    next: 'Send `application/json`, or `multipart/form-data` to upload a file.',
  },
  expectation_failed: {
    status: 417,
    when: 'The server cannot do what the `Expect` header asks for.',
    next: 'Leave the header out, or send `Expect: 100-continue`.',
  },
  headers_too_large: {
    status: 431,
    when: 'The address and headers of the request are too long.',
    next: 'Send fewer or shorter headers.',
  },
  payload_too_large: { status: 413, when: 'The request body is too large.', next: 'Send a smaller body.' },
  rate_limited: {
    status: 429,
    when: 'You have sent too many requests in a short time.',
    next: 'Wait for the number of seconds in `Retry-After`, then send it again.',
  },
  queue_full: {
    status: 429,
    when: 'You have as many waiting generations as the server allows.',
    next: 'Wait for the number of seconds in `Retry-After`, or cancel a waiting generation.',
  },
  too_many_at_once: {
    status: 429,
    when: 'You already have as many of these running or open as the server allows.',
    next: 'Wait until one of them has ended, or for the number of seconds in `Retry-After`.',
  },
  limit_reached: {
    status: 409,
    when: 'You have as many of these as the server allows.',
    next: 'Delete what you no longer need; `GET /v1/limits` shows what is used.',
  },
  storage_full: {
    status: 413,
    when: 'Your images would take more space than the server allows.',
    next: 'Delete images or sessions; `GET /v1/limits` shows what is used.',
  },
  internal: {
    status: 500,
    when: 'The server failed unexpectedly.',
    next: 'Try again later; if it keeps failing, give the operator the `requestId`.',
  },
  unavailable: {
    status: 503,
    when: 'The database, the queue or the object store is not responding.',
    next: 'Try again after the number of seconds in `Retry-After`.',
  },
  busy: {
    status: 503,
    when: 'More pictures, archives or changes than the server can hold are waiting.',
    next: 'Wait for the number of seconds in `Retry-After`, then send it again.',
  },
  model_failed: {
    status: 500,
    when: 'The model failed while making the picture.',
    next: 'Retry the generation; if it fails again, give the operator the generation id.',
  },
  model_out_of_memory: {
    status: 500,
    when: 'The device ran out of memory during the generation.',
    next: 'Choose a smaller size or less history, then retry.',
  },
  model_invalid_output: {
    status: 500,
    when: 'The model produced invalid numbers instead of a picture.',
    next: 'Retry with another seed.',
  },
  image_unreadable: {
    status: 500,
    when: 'A stored image that the turn needs is missing or damaged.',
    next: 'Upload the image again and create a new turn.',
  },
  store_failed: {
    status: 500,
    when: 'The object store refuses to give or keep a picture of the generation.',
    next: 'Give the operator the generation id; retry the generation when the store is mended.',
  },
  worker_lost: {
    status: 500,
    when: 'The worker died on every attempt to run the generation.',
    next: 'Change the request before you retry; give the operator the generation id.',
  },
} as const satisfies Record<string, ErrorDefinition>

/** A code of docs/errors.md. */
export type ErrorCode = keyof typeof errorTable

/** All codes, as a non-empty tuple for zod. */
export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]
