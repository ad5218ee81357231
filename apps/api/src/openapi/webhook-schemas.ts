import {
  createdWebhookSchema,
  createWebhookSchema,
  deliverySchema,
  rotateWebhookSchema,
  turnWebhookSchema,
  turnWebhookSecretSchema,
  updateWebhookSchema,
  webhookSchema,
} from '@atelier/contracts'
import { note, type NotedSchema } from './schema-note.js'

const fields = {
  url: 'Where messages are sent.',
  events: 'Which messages it gets.',
  description: 'What it is for.',
  enabled: 'Whether messages are sent. Those that wait are kept.',
}
const state = {
  turnId: 'The turn whose generations it is told of; null: it is told of everything of its owner.',
  disabledReason: 'Why the server has disabled it; null: it has not.',
  failingSince: 'Since when every attempt has failed, in UTC; null: the last one succeeded.',
}

/** Names and notes of the schemas of webhooks. */
export const webhookSchemas: readonly NotedSchema[] = [
  note(createWebhookSchema, 'CreateWebhook', 'Where messages are to go.', {
    fields,
    examples: [{ url: 'https://example.com/atelier', events: ['generation.succeeded'] }],
  }),
  note(updateWebhookSchema, 'UpdateWebhook', 'What changes in a webhook.', { fields, examples: [{ enabled: true }] }),
  note(rotateWebhookSchema, 'RotateWebhook', 'How a secret is replaced.', {
    fields: { overlapSeconds: 'How long messages are signed with the old secret as well.' },
  }),
  note(turnWebhookSchema, 'TurnWebhook', 'Where messages about the generations of a turn are to go.', {
    fields,
    examples: [{ url: 'https://example.com/atelier' }],
  }),
  note(turnWebhookSecretSchema, 'TurnWebhookSecret', 'What signs the messages of webhooks of turns.', {
    fields: { secret: 'Signs the messages (Standard Webhooks), `whsec_…`.' },
  }),
  note(webhookSchema, 'Webhook', 'Where messages about your generations go.', { fields: { ...fields, ...state } }),
  note(createdWebhookSchema, 'CreatedWebhook', 'A webhook with its new secret.', {
    fields: { ...fields, ...state, secret: 'Signs the messages (Standard Webhooks), `whsec_…`.' },
  }),
  note(deliverySchema, 'Delivery', 'A message to a webhook and what became of it.', {
    fields: {
      webhookId: 'Its webhook.',
      type: 'What it tells.',
      status: '`pending` until it is delivered or given up.',
      attempts: 'How often it was sent.',
      lastStatus: 'HTTP status of the last answer; null: there was none.',
      lastError: 'What was wrong with the last attempt; null: nothing.',
      nextAttemptAt: 'When it is sent again, in UTC; null: it is not.',
    },
  }),
]
