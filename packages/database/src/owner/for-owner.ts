import type { PrismaClient } from '../generated/client.js'
import type { OwnerRepositories } from '../repositories.js'
import { ownedEvents } from './events.js'
import { ownedGenerations } from './generations.js'
import { ownedIdempotency } from './idempotency.js'
import { ownedImages } from './images.js'
import { ownedSessions } from './sessions.js'
import { ownedTurns } from './turns.js'

/** Everything of one owner. Each query of this folder names the owner; a test calls every method with a foreign id. */
export const forOwner = (client: PrismaClient, ownerId: string): OwnerRepositories => ({
  ownerId,
  sessions: ownedSessions(client, ownerId),
  images: ownedImages(client, ownerId),
  turns: ownedTurns(client, ownerId),
  generations: ownedGenerations(client, ownerId),
  events: ownedEvents(client, ownerId),
  idempotency: ownedIdempotency(client, ownerId),
})
