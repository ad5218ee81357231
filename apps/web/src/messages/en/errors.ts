import type { ErrorCode } from '@atelier/contracts'

/** What to tell about an error whose message from the server is meant for programmers. Other codes: the server's words. */
export const errors: Partial<Record<ErrorCode, string>> & { unreachable: string; page: string } = {
  unreachable: 'Atelier is not responding. Check that it is running, then try again.',
  archive_invalid:
    'This is not an exported conversation, or the file is damaged. Export it again and import that file.',
  page: 'Something went wrong on this page. Reload it and try again.',
  instruction_empty: 'Write what you would like to see.',
  instruction_too_long: 'The instruction is too long. Shorten it to 2,000 characters.',
  text_too_long: 'The text is longer than the model reads. Shorten it, or send only its beginning.',
  unknown_mention:
    'The instruction mentions a picture that does not exist. Remove the mention, or pick a picture with @.',
  unknown_image: 'One of the pictures does not exist any more. Remove it, then send again.',
  unknown_model: 'This model is not offered any more. Choose another one in the settings.',
  image_too_elongated: 'One of the pictures is too long and narrow for the model. Crop it, or extend its short side.',
  mask_size_mismatch: 'The mask does not have the size of its picture. Paint it again.',
  mask_empty: 'The mask marks nothing. Paint the part to change, or remove the mask.',
  too_many_images: 'The model takes nine pictures at most. Remove some.',
  queue_full: 'Too many of your pictures are waiting already. Wait for one, or cancel one.',
  rate_limited: 'That was too much in a short time. Wait a moment, then try again.',
  limit_reached: 'You have as many of these as this server allows. Delete what you no longer need.',
  storage_full: 'There is no room left for your pictures. Delete conversations that you no longer need.',
  not_cancellable: 'It has ended already.',
  unavailable: 'Atelier cannot do this right now. Try again in a moment.',
  busy: 'Too many pictures are being read right now. Try again in a moment.',
  internal: 'Something went wrong in Atelier. Try again; if it keeps failing, tell your operator.',
  model_failed: 'The model failed while making the picture. Try again; if it keeps failing, tell your operator.',
  model_out_of_memory: 'The picture was too large for this server. Choose a smaller size or less history.',
  model_invalid_output: 'The model made no valid picture. Try again with another seed.',
  image_unreadable: 'A picture that this turn needs is missing or damaged. Use another one.',
  worker_lost: 'The model stopped on every attempt. Change the request before you try again.',
}
