import { z } from 'zod'
import { adminSchemas } from './admin-schemas.js'
import { conversationSchemas } from './conversation-schemas.js'
import { openAiSchemas } from './openai-schemas.js'
import { operatorSchemas } from './operator-schemas.js'
import { webhookSchemas } from './webhook-schemas.js'
import type { SchemaNote } from './schema-note.js'

/** The schemas that have a name in the OpenAPI document. Generated clients name their types after them. */
export const schemaNames = z.registry<SchemaNote>()

for (const [schema, note] of [
  ...conversationSchemas,
  ...operatorSchemas,
  ...adminSchemas,
  ...openAiSchemas,
  ...webhookSchemas,
])
  schemaNames.add(schema, note)
