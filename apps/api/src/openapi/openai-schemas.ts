import {
  errorAnswerSchema,
  imagesAnswerSchema,
  modelAnswerSchema,
  modelListAnswerSchema,
  pictureAnswerSchema,
  usageSchema,
} from '../openai/images-wire.js'
import { note, type NotedSchema } from './schema-note.js'

const ours = {
  image_id: 'Id of the image here. Not of OpenAI.',
  session_id: 'The session that it belongs to. Not of OpenAI.',
  turn_id: 'The turn that made it. Not of OpenAI.',
  generation_id: 'The generation that made it. Not of OpenAI.',
  seed: 'Where the noise started. Not of OpenAI.',
}

/** Names and notes of the schemas of the OpenAI door. */
export const openAiSchemas: readonly NotedSchema[] = [
  note(imagesAnswerSchema, 'OpenAiImages', 'The pictures of a call, as OpenAI tells them.', {
    fields: {
      created: 'When the call began, in seconds since 1970.',
      data: 'The pictures.',
      background: 'Always opaque.',
      output_format: 'Their format.',
      quality: 'Which number of steps it was.',
      size: 'Their size, width x height.',
      usage: 'What it took.',
    },
  }),
  note(pictureAnswerSchema, 'OpenAiImage', 'A picture of a call.', {
    fields: {
      b64_json: 'The file in base64, unless an address was asked for.',
      url: 'Its address, for a while, if that was asked for.',
      revised_prompt: 'What the model read, if that is not the whole prompt.',
      ...ours,
    },
  }),
  note(usageSchema, 'OpenAiUsage', 'What a call took, in tokens of the model.', {
    fields: {
      input_tokens: 'Of all that the model saw.',
      output_tokens: 'Of the pictures that it made.',
      total_tokens: 'Both.',
      input_tokens_details: 'Of texts and of pictures that it saw.',
    },
  }),
  note(modelListAnswerSchema, 'OpenAiModels', 'The names of models.', {
    fields: { object: 'Always `list`.', data: 'The models and their other names, the default model first.' },
  }),
  note(modelAnswerSchema, 'OpenAiModel', 'A name of a model.', {
    fields: {
      id: 'What to send as `model`.',
      object: 'Always `model`.',
      created: 'Always 0.',
      owned_by: 'Always `atelier`.',
    },
  }),
  note(errorAnswerSchema, 'OpenAiError', 'Why a call of the OpenAI door was refused or failed.', {
    fields: { error: 'As OpenAI tells it. docs/clients.md lists the codes.' },
  }),
]
