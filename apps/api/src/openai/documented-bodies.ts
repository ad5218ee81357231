import { z } from 'zod'
import { imageToolSchema, responseCallSchema } from './responses-wire.js'
import { editOptionsSchema, generationCallSchema, variationOptionsSchema } from './images-wire.js'

// What the documentation shows as bodies that no schema of a route reads: they are forms, or come before nulls and texts
// are put right.

interface ObjectSchema {
  properties?: object
  required?: string[]
}

function bodyOf(schema: z.ZodType, { properties = {}, required = [] }: ObjectSchema = {}): object {
  const { $schema: _dialect, ...body } = z.toJSONSchema(schema, { io: 'input' }) as ObjectSchema & { $schema?: string }
  return {
    ...body,
    properties: { ...body.properties, ...properties },
    required: [...(body.required ?? []), ...required],
  }
}

const file = (description: string) => ({ type: 'string', format: 'binary', description })
const reference = {
  type: 'object',
  properties: {
    image_url: { type: 'string', description: 'A `data:` URL, or the address of a picture on a public server.' },
    file_id: { type: 'string', description: 'Id of an image of yours, `img_…`.' },
  },
}

/** Body of `POST /images/generations`. */
export const generationBody = bodyOf(generationCallSchema)

/** Body of `POST /images/edits`. */
export const editBody = bodyOf(editOptionsSchema, {
  properties: {
    image: file('In a form: the picture to edit, PNG, JPEG or WebP. Several: `image[]`.'),
    images: { type: 'array', items: reference, description: 'In JSON: the pictures; the first is the one to edit.' },
    mask: {
      anyOf: [{ type: 'string', format: 'binary' }, reference],
      description: 'Transparent = edit here; without transparency white = edit here. As large as the first picture.',
    },
  },
})

/** Body of `POST /images/variations`. */
export const variationBody = bodyOf(variationOptionsSchema, {
  properties: { image: file('The picture: PNG, JPEG or WebP.') },
  required: ['image'],
})

const tool = bodyOf(imageToolSchema, {
  properties: { type: { type: 'string', const: 'image_generation' } },
  required: ['type'],
})

/** Body of `POST /responses`. */
export const responseBody = bodyOf(responseCallSchema, {
  properties: {
    tools: { type: 'array', minItems: 1, items: tool, description: 'What makes the picture, and how.' },
  },
})
