import {
  errorAnswerSchema,
  imagesAnswerSchema,
  modelAnswerSchema,
  modelListAnswerSchema,
  pictureAnswerSchema,
  usageSchema,
} from '../openai/images-wire.js'
import { deletedResponseSchema, imageCallSchema, responseSchema } from '../openai/responses-wire.js'
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
  note(responseSchema, 'OpenAiResponse', 'A turn, as OpenAI tells it.', {
    fields: {
      object: 'Always `response`.',
      created_at: 'When it was asked for, in seconds since 1970.',
      completed_at: 'When it ended; null: not yet.',
      background: 'Whether the call asked not to wait; false where it is read again.',
      error: 'Why it failed; null: it has not.',
      incomplete_details: 'Always null.',
      instructions: 'Always null.',
      metadata: 'What the call sent; empty where it is read again.',
      output: 'Its picture; empty until there is one.',
      previous_response_id: 'The response that it follows; null: none.',
      parallel_tool_calls: 'Always false.',
      tool_choice: 'Always `auto`.',
      tools: 'What made it.',
      temperature: 'Always null.',
      top_p: 'Always null.',
      usage: 'What it took; null until it has ended.',
      ...ours,
    },
  }),
  note(imageCallSchema, 'OpenAiImageCall', 'The picture of a response.', {
    fields: {
      type: 'Always `image_generation_call`.',
      result: 'The file in base64; null until it is there.',
      action: 'Whether it edited a picture.',
      background: 'Always opaque.',
      output_format: 'Its format.',
      quality: 'Which number of steps it was.',
      size: 'Its size, width x height.',
      revised_prompt: 'What the model read; null until the picture is there.',
    },
  }),
  note(deletedResponseSchema, 'OpenAiDeletedResponse', 'A response that is gone.', {
    fields: { object: 'Always `response`.', deleted: 'Always true.' },
  }),
  note(errorAnswerSchema, 'OpenAiError', 'Why a call of the OpenAI door was refused or failed.', {
    fields: { error: 'As OpenAI tells it. docs/clients.md lists the codes.' },
  }),
]
