/** A JSON schema, as far as bodies of this API use it. */
export interface Schema {
  $ref?: string
  type?: string
  pattern?: string
  format?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  minimum?: number
}
/** An operation of the OpenAPI document, as far as a walk over the routes needs it. */
export interface Operation {
  security?: unknown[]
  parameters?: { name: string; in: string; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
}
/** The OpenAPI document, as far as a walk over the routes needs it. */
export interface Document {
  paths: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, Schema> }
}

/** Prefix of the ids that a pattern describes, such as `img`. */
export const kindOf = (pattern: string | undefined): string | undefined =>
  /^\^(?:\(\?:)?([a-z]{3})_/.exec(pattern ?? '')?.[1]

function resolve({ components }: Document, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1)
  const found = name ? components!.schemas![name]! : schema
  const choice = (found.anyOf ?? found.oneOf ?? found.allOf)?.find(({ type }) => type !== 'null')
  return choice ? resolve({ paths: {}, ...(components && { components }) }, choice) : found
}

const hasId = (document: Document, schema: Schema): boolean => idPlaces(document, schema).length > 0

/**
 * A body that fits a schema: what is required, and every optional place that names an id.
 *
 * @param idOf - called for each such place in order, with the kind of its id
 */
export function makeBody(document: Document, given: Schema, idOf: (kind: string) => string): unknown {
  const schema = resolve(document, given)
  const kind = kindOf(schema.pattern)
  if (kind) return idOf(kind)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.type === 'array') return schema.items ? [makeBody(document, schema.items, idOf)] : []
  if (schema.type === 'object' || schema.properties) {
    const wanted = Object.entries(schema.properties ?? {}).filter(
      ([name, inner]) => schema.required?.includes(name) || hasId(document, inner),
    )
    return Object.fromEntries(wanted.map(([name, inner]) => [name, makeBody(document, inner, idOf)]))
  }
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  return schema.format === 'date-time' ? '2099-01-01T00:00:00Z' : 'x'
}

/** The kinds of id that a body names, in order of their places. */
export function idPlaces(document: Document, given: Schema): string[] {
  const schema = resolve(document, given)
  const kind = kindOf(schema.pattern)
  if (kind) return [kind]
  if (schema.items) return idPlaces(document, schema.items)
  return Object.values(schema.properties ?? {}).flatMap((inner) => idPlaces(document, inner))
}
