import { errorTable, type ErrorCode } from '@atelier/contracts'
import { DoorError, doorCode } from '../openai/door-error.js'
import { fieldNotes, parameterNotes } from './field-notes.js'
import type { OperationNote } from './operation-note.js'
import { operationNotes } from './operations.js'

/** A JSON schema, or a part of one. */
type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; description?: string }
interface Content {
  schema: Schema
  examples?: Record<string, { value: unknown }>
}
interface Answer {
  description: string
  headers?: Record<string, object>
  content?: Record<string, Content>
}
interface Parameter {
  name: string
  in: string
  description?: string
}
interface Operation {
  operationId?: string
  description?: string
  security?: object[]
  parameters?: (Parameter | { $ref: string })[]
  requestBody?: { required?: boolean; content: Record<string, Content> }
  responses: Record<string, Answer>
}
/** The OpenAPI document, as far as it is worked on here. */
export interface OpenApiDocument {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, Schema>>
}

const jsonRef = (name: string): Content => ({ schema: { $ref: `#/components/schemas/${name}` } })
const headerRef = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } })
const text = (description: string) => ({ description, schema: { type: 'string' } })

/** Headers of answers, by name. */
const headers = {
  'X-Request-Id': text('Id of the request; error answers and log lines carry it.'),
  'Retry-After': { description: 'Wait this many seconds.', schema: { type: 'integer' } },
  'Idempotent-Replayed': text('`true`: the answer of an earlier request with the same Idempotency-Key.'),
  'WWW-Authenticate': text('How to send a key.'),
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The request is carried out once; a repeat within a day gets the first answer again.',
  schema: { type: 'string', pattern: '^[!-~]{1,200}$' },
  example: 'b4f7a0c2-5d1e-4f8a-9c3b-7e6d2a1f0b95',
}

/** The codes that an operation may answer: those of its form, and those that its note adds. */
export function errorsOf(path: string, { security, requestBody }: Operation, note: OperationNote): ErrorCode[] {
  const open = security?.length === 0
  return [
    'invalid_request',
    'rate_limited',
    ...(open ? [] : (['unauthorized'] as const)),
    ...(path.startsWith('/v1/admin/') ? (['forbidden'] as const) : []),
    ...(path.includes('{') ? (['not_found'] as const) : []),
    ...(requestBody ? (['payload_too_large'] as const) : []),
    ...(note.creates ? (['idempotency_conflict', 'still_running'] as const) : []),
    ...(note.errors ?? []),
    'internal',
    'unavailable',
  ]
}

/** The form in which the errors of a path are told. */
interface Envelope {
  schema: string
  status(code: ErrorCode): number
  /** What the code is called there. */
  name(code: ErrorCode): string
  example(code: ErrorCode): object
}

const sentenceOf = (code: ErrorCode): string => `${errorTable[code].when} ${errorTable[code].next}`
const ours: Envelope = {
  schema: 'Error',
  status: (code) => errorTable[code].status,
  name: (code) => code,
  example: (code) => ({ error: { code, message: sentenceOf(code), requestId: 'req_8c1f0d2ab47e95b36f10' } }),
}
const openAi: Envelope = {
  schema: 'OpenAiError',
  status: (code) => doorCode(code, errorTable[code].status).status,
  name: (code) => doorCode(code, errorTable[code].status).code,
  example: (code) => new DoorError({ ...doorCode(code, errorTable[code].status), message: sentenceOf(code) }).answer,
}

/** The answers for some codes, by status. */
function errorAnswers(
  codes: readonly ErrorCode[],
  { schema, status: statusOf, name, example }: Envelope,
): Record<string, Answer> {
  const statuses = [...new Set(codes.map(statusOf))]
  return Object.fromEntries(
    statuses.map((status) => {
      const here = [...new Set(codes)].filter((code) => statusOf(code) === status)
      const answer: Answer = {
        description: here.map((code) => `\`${name(code)}\`: ${errorTable[code].when}`).join('\n\n'),
        headers: {
          ...headerRef('X-Request-Id'),
          ...(status === 401 && headerRef('WWW-Authenticate')),
          ...((status === 429 || status === 503) && headerRef('Retry-After')),
        },
        content: {
          'application/json': {
            ...jsonRef(schema),
            examples: Object.fromEntries(here.map((code) => [name(code), { value: example(code) }])),
          },
        },
      }
      return [String(status), answer]
    }),
  )
}

/** Names the schema of a success, describes the answer, its headers and what is no JSON. */
function completeSuccess(operation: Operation, note: OperationNote, schemas: Record<string, Schema>): void {
  const [status, answer] = Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? []
  if (!status || !answer) return
  answer.description = note.description
  answer.headers = {
    ...headerRef('X-Request-Id'),
    ...(note.creates && headerRef('Idempotent-Replayed')),
    ...Object.fromEntries(Object.entries(note.headers ?? {}).map(([name, meaning]) => [name, text(meaning)])),
  }
  const json = answer.content?.['application/json']
  if (status === '204') delete answer.content
  else if (note.content) {
    const schema = { type: 'string', ...(note.content[0]!.startsWith('text/') ? {} : { format: 'binary' }) }
    answer.content = Object.fromEntries(note.content.map((type) => [type, { schema }]))
  } else if (json && note.answer && !json.schema.$ref) {
    schemas[note.answer] = { description: note.description, ...json.schema }
    answer.content!['application/json'] = jsonRef(note.answer)
  }
  if (operation.responses['503']) operation.responses['503'].description = note.description
  if (note.requestHeaders?.['If-None-Match'])
    operation.responses['304'] = { description: 'The caller has it.', headers: headerRef('X-Request-Id') }
}

/** A body that may be left out is one that is not required, not one that may be `null`. */
function completeBody(operation: Operation): void {
  for (const content of Object.values(operation.requestBody?.content ?? {})) {
    const choices = content.schema.anyOf as Schema[] | undefined
    const some = choices?.filter(({ type }) => type !== 'null')
    if (some?.length !== 1 || some.length === choices!.length) continue
    content.schema = some[0]!
    operation.requestBody!.required = false
  }
}

function completeParameters(operation: Operation, note: OperationNote): void {
  const given = operation.parameters ?? []
  for (const parameter of given) {
    if (!('name' in parameter)) continue
    if (parameter.name === '*') parameter.name = 'key'
    const meaning = parameterNotes[parameter.name]
    if (meaning) parameter.description = meaning
  }
  const added = Object.entries(note.requestHeaders ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    ...text(description),
  }))
  const parameters = [...given, ...added, ...(note.creates ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : [])]
  if (parameters.length) operation.parameters = parameters
}

/** Gives every field a description, drops what only repeats the format, and writes tuples as linters know them. */
function completeSchema(schema: Schema): void {
  const own = (schema.fields ?? {}) as Record<string, string>
  delete schema.fields
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const meaning = own[name] ?? fieldNotes[name]
    if (meaning && !field.description) field.description = meaning
  }
  for (const part of partsOf(schema)) completeSchema(part)
  if (schema.format === 'date-time') delete schema.pattern
  if (schema.items === false) {
    schema.items = (schema.prefixItems as Schema[])[0]!
    delete schema.prefixItems
  }
}

/** The schemas right inside a schema. */
function partsOf(schema: Schema): Schema[] {
  const lists = ['anyOf', 'oneOf', 'allOf', 'prefixItems'].flatMap((key) => (schema[key] ?? []) as Schema[])
  const single = ['items', 'additionalProperties'].map((key) => schema[key])
  return [...Object.values(schema.properties ?? {}), ...lists, ...single].filter(
    (part): part is Schema => typeof part === 'object' && part !== null,
  )
}

const reference = /#\/components\/schemas\/([\w.-]+)/g
const referred = (part: unknown) => Array.from(JSON.stringify(part).matchAll(reference), ([, name]) => name!)

/** Answers may get more fields; only requests may not carry fields that their schema does not name. */
function openUp(schema: Schema): void {
  if (schema.additionalProperties === false) delete schema.additionalProperties
  partsOf(schema).forEach(openUp)
}

/**
 * Leaves only the schemas that something refers to. Each is there as requests and as answers see it (defaults make a
 * field optional in one alone): the first is called `…Input` only if both are used and differ.
 */
function tidySchemas(document: OpenApiDocument): void {
  const all = document.components.schemas!
  for (const [name, schema] of Object.entries(all)) if (!name.endsWith('Input')) openUp(schema)
  const used = new Set<string>()
  const visit = (name: string) => {
    if (used.has(name) || !all[name]) return
    used.add(name)
    referred(all[name]).forEach(visit)
  }
  referred([document.paths, document.components.responses]).forEach(visit)
  const kept = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)))
  document.components.schemas = kept
  const names = new Map(
    Object.keys(kept).flatMap((name) => {
      const bare = name.replace(/Input$/, '')
      const one = !used.has(bare) || JSON.stringify(all[name]) === JSON.stringify(all[bare])
      return bare !== name && one ? [[name, bare] as const] : []
    }),
  )
  const renamed = JSON.stringify({ paths: document.paths, schemas: kept }).replaceAll(
    reference,
    (_, name: string) => `#/components/schemas/${names.get(name) ?? name}`,
  )
  const { paths, schemas } = JSON.parse(renamed) as { paths: OpenApiDocument['paths']; schemas: Record<string, Schema> }
  document.paths = paths
  document.components.schemas = Object.fromEntries(
    Object.entries(schemas)
      .map(([name, schema]) => [names.get(name) ?? name, schema] as const)
      .sort(([a], [b]) => a.localeCompare(b)),
  )
}

/** Adds to the document what the schemas of the routes do not say: names, descriptions, errors, headers, examples. */
export function completeDocument(document: OpenApiDocument): OpenApiDocument {
  const { schemas } = document.components as { schemas: Record<string, Schema> }
  Object.assign(document.components, { headers, parameters: { IdempotencyKey: idempotencyKey } })
  const paths: OpenApiDocument['paths'] = {}
  for (const [route, operations] of Object.entries(document.paths)) {
    const path = route.replace('{*}', '{key}')
    paths[path] = operations
    for (const [method, operation] of Object.entries(operations)) {
      const note = operationNotes[`${method} ${path}`]
      if (!note) continue
      operation.operationId = note.id
      operation.description = note.description
      completeBody(operation)
      completeParameters(operation, note)
      completeSuccess(operation, note, schemas)
      const envelope = path.startsWith('/openai/') ? openAi : ours
      operation.responses = { ...errorAnswers(errorsOf(path, operation, note), envelope), ...operation.responses }
    }
  }
  document.paths = paths
  tidySchemas(document)
  for (const schema of Object.values(document.components.schemas!)) completeSchema(schema)
  return document
}
