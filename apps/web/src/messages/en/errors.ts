import type { ErrorCode } from '@atelier/contracts'
import { bytesOf, numberOf } from '../amounts.js'

/** What the server says beside an error's code; `docs/errors.md` names the fields. */
type Details = Readonly<Record<string, unknown>>
/** What to tell about an error: a sentence, or one made of its details. */
export type Sentence = string | ((details: Details) => string)

const fields: Readonly<Record<string, string>> = {
  seed: 'seed',
  steps: 'number of steps',
  count: 'number of variations',
  guidanceScale: 'guidance',
  guidanceRescale: 'guidance rescale',
  guidanceInterval: 'guided part',
  sampler: 'sampler',
  speed: 'speed',
}
const what: Readonly<Record<string, string>> = {
  sessions: 'conversations',
  images: 'pictures',
  turnsPerSession: 'turns in one conversation',
}
const isNumber = (value: unknown): value is number => typeof value === 'number'

/** What to tell about each error of the server, in words for people, with the next step; the server's are for programmers. */
export const errors = {
  invalid_request: 'Atelier did not understand this page. Reload it, then try again.',
  instruction_empty: 'Write what you would like to see.',
  instruction_too_long: 'The instruction is too long. Shorten it to 2,000 characters.',
  text_too_long: ({ field }) =>
    field === 'parameters.negativePrompt'
      ? 'The text in “Avoid” is longer than the model reads. Shorten it in the settings.'
      : 'The instruction is longer than the model reads. Shorten it, or send only its beginning.',
  unknown_mention:
    'The instruction mentions a picture that does not exist. Remove the mention, or pick a picture with @.',
  unknown_image: 'One of the pictures does not exist any more. Remove it, then send again.',
  unknown_turn: 'The turn that this follows does not exist any more. Choose another picture, then send again.',
  unknown_model: 'This model is not offered any more. Choose another one in the settings.',
  unsupported_image: 'It is not a PNG, JPEG or WebP picture.',
  image_truncated: 'A part of the picture is missing. Copy or download the file again.',
  image_damaged: 'The file is damaged. Open it in an image editor, save it again and add that.',
  image_animated: 'The picture is animated. Save one frame of it as PNG, JPEG or WebP and add that.',
  image_too_large: ({ maxBytes, maxPixels, maxSide }) =>
    isNumber(maxBytes)
      ? `It is larger than ${bytesOf(maxBytes)}. Make it smaller.`
      : isNumber(maxPixels)
        ? `It has more than ${numberOf(Math.floor(maxPixels / 1e6))} megapixels. Make it smaller.`
        : isNumber(maxSide)
          ? `A side of it is longer than ${numberOf(maxSide)} pixels. Make it smaller.`
          : 'It is too large. Make it smaller.',
  image_too_elongated: 'One of the pictures is too long and narrow for the model. Extend its short side, or remove it.',
  image_too_costly: 'It takes too long to read. Save it in an image editor as an ordinary PNG or JPEG and add that.',
  mask_size_mismatch: 'The mask does not have the size of its picture. Paint it again.',
  mask_empty: 'The mask marks nothing. Paint the part to change, or remove the mask.',
  mask_full: 'The mask marks the whole picture. Leave out the part to keep, or remove the mask.',
  not_a_mask: 'What was taken for a mask is none. Paint the mask again.',
  invalid_size: ({ sizeMultiple, minSize, maxAspect }) =>
    isNumber(sizeMultiple) && isNumber(minSize) && isNumber(maxAspect)
      ? `The model cannot draw this size. Both sides are multiples of ${sizeMultiple}, at least ${minSize} pixels, and the longer one is at most ${maxAspect} times the shorter one.`
      : 'The model cannot draw this size. Choose another one in the settings.',
  parameter_out_of_range: ({ field, min, max }) =>
    isNumber(min) && isNumber(max)
      ? `The ${fields[String(field)] ?? 'value of one setting'} goes from ${numberOf(min)} to ${numberOf(max)}. Change it in the settings.`
      : 'One of the settings has a value that the model does not take. Change it in the settings.',
  too_many_images: 'The model takes nine pictures at most. Remove some.',
  unauthorized: 'You are not signed in any more. Reload this page and sign in.',
  forbidden: 'Your key may not do this. Ask whoever runs this server.',
  not_found: 'It does not exist any more.',
  method_not_allowed: 'Atelier did not understand this page. Reload it, then try again.',
  request_timeout: 'It did not arrive in time. Try again.',
  not_cancellable: 'It has ended already.',
  not_retryable: 'It is still being made. Wait for it, or cancel it.',
  not_reproducible: 'There is no picture to compare with any more.',
  not_queued: 'It does not wait any more: it runs, or it has ended.',
  not_parked: 'It is not parked.',
  session_on_hold: 'The operator has put this conversation on hold. You can read it, but not change it.',
  in_use: 'Other turns still need this. Delete them first.',
  fork_too_large: 'This conversation is too long to copy. Export it and import the file.',
  archive_invalid:
    'This is not an exported conversation, or the file is damaged. Export it again and import that file.',
  archive_too_large: 'This conversation is larger than this server takes.',
  idempotency_conflict: 'This was sent before with other words. Send it again.',
  still_running: 'This is being done already. Wait a moment.',
  gone: 'This was made before and has been deleted since. Send it again.',
  unsupported_media_type: 'Atelier did not understand this page. Reload it, then try again.',
  expectation_failed: 'Something between this browser and Atelier is in the way. Reload the page, then try again.',
  headers_too_large: 'The address is too long. Clear this site’s cookies, then try again.',
  payload_too_large: 'It is too large for this server. Make it smaller.',
  rate_limited: 'That was too much in a short time. Wait a moment, then try again.',
  queue_full: 'Too many of your pictures are waiting already. Wait for one, or cancel one.',
  too_many_at_once: 'You are doing too much at once. Wait a moment, then try again.',
  limit_reached: ({ limit, most }) =>
    isNumber(most) && what[String(limit)]
      ? `This server allows ${numberOf(most)} ${what[String(limit)]}. Delete what you no longer need.`
      : 'You have as many of these as this server allows. Delete what you no longer need.',
  storage_full: 'There is no room left for your pictures. Delete conversations that you no longer need.',
  internal: 'Something went wrong in Atelier. Try again; if it keeps failing, tell whoever runs this server.',
  unavailable: 'Atelier cannot do this right now. Try again in a moment.',
  busy: 'Atelier has too much to do right now. Try again in a moment.',
  model_failed: 'The model failed while making the picture. Try again, or change the instruction.',
  model_out_of_memory: 'The picture was too large for this server. Choose a smaller size or less history.',
  model_invalid_output: 'The model made no valid picture. Try again with another seed.',
  image_unreadable: 'A picture that this turn needs is missing or damaged. Use another one.',
  store_failed: 'The picture could not be saved. Try again; if it keeps failing, tell whoever runs this server.',
  worker_lost: 'The model stopped on every try. Try again, or change the instruction.',
} satisfies Record<ErrorCode, Sentence> as Readonly<Record<ErrorCode, Sentence>>

/** What to tell when no answer came, or when the fault is the page's own. */
export const trouble = {
  offline: 'You are offline. What you wrote is kept.',
  unreachable: 'Atelier is not responding. What you wrote is kept; try again in a moment.',
  page: 'Something went wrong on this page. Reload it and try again.',
}
