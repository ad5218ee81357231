import type { z } from 'zod'

/** What the OpenAPI document says about a schema. */
export interface SchemaNote {
  /** Its name under `components.schemas`. */
  id: string
  description: string
  /** What fields mean that `fieldNotes` does not explain, or explains differently. */
  fields?: Record<string, string>
  examples?: unknown[]
  [key: string]: unknown
}

/** A schema and what the document says about it. */
export type NotedSchema = readonly [z.ZodType, SchemaNote]

/** A row of a list of {@link NotedSchema}. */
export const note = (
  schema: z.ZodType,
  id: string,
  description: string,
  rest: Pick<SchemaNote, 'fields' | 'examples'> = {},
): NotedSchema => [schema, { id, description, ...rest }]
