import { z } from 'zod'
import { manifestSchema, type Manifest } from './manifest.js'

/** Schema of a model in `GET /v1/models`. */
export const modelSchema = manifestSchema
  .pick({
    name: true,
    family: true,
    title: true,
    description: true,
    limits: true,
    defaults: true,
    samplers: true,
    examples: true,
    vocabulary: true,
  })
  .extend({ default: z.boolean() })
/** A model that this server offers. */
export type Model = z.infer<typeof modelSchema>

/** The part of a manifest that callers see. */
export function modelOf(manifest: Manifest, isDefault: boolean): Model {
  const { name, family, title, description, limits, defaults, samplers, examples, vocabulary } = manifest
  return { name, family, title, description, limits, defaults, samplers, examples, vocabulary, default: isDefault }
}
