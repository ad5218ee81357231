import type { OperationNote } from './operation-note.js'

/** Notes of the operations of webhooks. */
export const webhookOperations: Readonly<Record<string, OperationNote>> = {
  'post /v1/webhooks': {
    id: 'createWebhook',
    description:
      'Messages about your generations go to an address from now on. The secret that signs them is shown this once.',
    errors: ['limit_reached'],
    answer: 'CreatedWebhook',
  },
  'get /v1/webhooks': {
    id: 'listWebhooks',
    description: 'A page of your webhooks that are told of everything; with `turn`, the webhook of that turn.',
    answer: 'WebhookPage',
  },
  'get /v1/webhooks/secret': {
    id: 'getTurnWebhookSecret',
    description:
      'The secret that signs the messages of all your webhooks of turns. It is made when it is needed first.',
  },
  'post /v1/webhooks/secret/rotate': {
    id: 'rotateTurnWebhookSecret',
    description: 'Replaces that secret; messages are signed with the old one as well for `overlapSeconds`.',
    answer: 'TurnWebhookSecret',
  },
  'get /v1/webhooks/{id}': { id: 'getWebhook', description: 'A webhook, without its secret.' },
  'patch /v1/webhooks/{id}': {
    id: 'updateWebhook',
    description: 'Changes a webhook. Enabling one that was disabled sends what waits, and forgets why it was disabled.',
  },
  'delete /v1/webhooks/{id}': { id: 'deleteWebhook', description: 'Deletes a webhook with its messages.' },
  'post /v1/webhooks/{id}/rotate': {
    id: 'rotateWebhook',
    description:
      'Gives a webhook a new secret; messages are signed with the old one as well for `overlapSeconds`. That of a turn has none of its own.',
    answer: 'CreatedWebhook',
  },
  'get /v1/webhooks/{id}/deliveries': {
    id: 'listDeliveries',
    description: 'A page of the messages of a webhook: attempts, last answer, next attempt.',
    answer: 'DeliveryPage',
  },
  'post /v1/webhooks/{id}/deliveries/{deliveryId}/replay': {
    id: 'replayDelivery',
    description: 'Sends a message again, with the same `webhook-id`. One that waits to be sent stays as it is.',
    answer: 'Delivery',
  },
}
