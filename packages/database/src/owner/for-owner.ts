import type { OwnerLimits } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { statementsOf } from '../prisma/statements.js'
import { eventRepository, type EventRepository } from '../log/event-log.js'
import { generationRepository, type GenerationRepository } from './generation-repository.js'
import { idempotencyRepository, type IdempotencyRepository } from './idempotency-repository.js'
import { imageRepository, type ImageRepository } from './image-repository.js'
import { limitsRepository, type LimitsRepository } from './owner-limits.js'
import { sessionContentRepository, type SessionContentRepository } from './session-content.js'
import { sessionRepository, type SessionRepository } from './session-repository.js'
import { turnRepository, type TurnRepository } from './turn-repository.js'
import { webhookRepository, type WebhookRepository } from './webhook-repository.js'

/** Everything of one owner. No method sees another owner's rows: what is not the owner's is null. */
export interface OwnerRepositories {
  readonly ownerId: string
  sessions: SessionRepository
  content: SessionContentRepository
  images: ImageRepository
  turns: TurnRepository
  generations: GenerationRepository
  events: EventRepository
  idempotency: IdempotencyRepository
  limits: LimitsRepository
  webhooks: WebhookRepository
}

/**
 * The one place that binds the repositories to an owner: each of their queries names it. A test calls every method with
 * somebody else's ids.
 *
 * @param limits - the most that the owner may have; left out: no limit
 */
export const forOwner = (client: PrismaClient, ownerId: string, limits?: OwnerLimits): OwnerRepositories => ({
  ownerId,
  sessions: sessionRepository(client, ownerId, limits),
  content: sessionContentRepository(client, ownerId),
  images: imageRepository(client, ownerId, limits),
  turns: turnRepository(client, ownerId, limits),
  generations: generationRepository(client, ownerId, limits),
  events: eventRepository(statementsOf(client), ownerId),
  idempotency: idempotencyRepository(client, statementsOf(client), ownerId),
  limits: limitsRepository(client, ownerId, limits),
  webhooks: webhookRepository(client, ownerId),
})
