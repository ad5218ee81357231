import { AtelierError, type CreateTurn, type CreateTurnResponse, type Lcu } from '@atelier/contracts'
import { checkInstruction, namedImages, resolveParameters } from '@atelier/conversation'
import type { IdempotencyUse, OwnerRepositories, TurnRow } from '@atelier/database'
import { fitSize } from '@atelier/pictures'
import { addToTrail } from '@atelier/service'
import type { FastifyBaseLogger } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { checkWebhookUrl } from '../webhooks/check-webhook-url.js'
import { enqueue } from './enqueue.js'
import { randomSeed } from './random-seed.js'
import { readableLcu, readableText } from './readable-text.js'

/** The answer to a turn that exists. */
export async function turnResponse(
  { serializer }: Pick<ApiContext, 'serializer'>,
  row: TurnRow,
): Promise<CreateTurnResponse> {
  const { generations, ...turn } = row
  return { turn, generations: await serializer.all(generations, (generation) => serializer.generation(generation)) }
}

/**
 * Creates a turn with its generations and tells the queue. REST and socket both come through here. What can be decided
 * from the request alone is decided here; its images, parent and history by the database, under the session's lock.
 *
 * @param idempotency - the key that the request has claimed, bound to the turn in its transaction
 * @throws AtelierError `not_found` for a session that is not the owner's, or the code of the first rule that it breaks
 */
export async function createTurn(
  context: Pick<ApiContext, 'serializer' | 'queue' | 'models' | 'settings'>,
  owner: OwnerRepositories,
  logger: FastifyBaseLogger,
  sessionId: string,
  request: CreateTurn,
  idempotency?: IdempotencyUse,
): Promise<CreateTurnResponse> {
  const { instruction, images, parentTurnId, history, parameters, priority, webhook } = request
  checkInstruction(instruction)
  if (webhook) checkWebhookUrl(context, webhook.url, 'webhook.url')
  const manifest = context.models.choose(request.model)
  const text = context.models.textOf(manifest.name)
  const seeded = { ...parameters, seed: parameters.seed ?? randomSeed() }
  if (text && parameters.negativePrompt !== undefined)
    seeded.negativePrompt = readableText(text, 'parameters.negativePrompt', parameters.negativePrompt, request)
  const row = await owner.turns.insert({
    sessionId,
    instruction,
    images,
    parentTurnId,
    history,
    priority,
    webhook,
    model: manifest.name,
    ...(text && { readable: (lcu: Lcu) => readableLcu(text, lcu, request) }),
    maxAspect: manifest.limits.maxAspect,
    generations: resolveParameters(seeded, manifest, namedImages(request)),
    sizeFor: ({ width: w, height: h }) => {
      const { width, height } = fitSize(w, h, manifest.limits)
      return { width, height }
    },
    ...(idempotency && { idempotency }),
  })
  if (!row) throw new AtelierError('not_found')
  addToTrail({ sessionId, turnId: row.id })
  await enqueue(context.queue, row.generations, logger)
  return turnResponse(context, row)
}
