import { AtelierError, type CreateTurn, type CreateTurnResponse } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories, TurnRow } from '@atelier/database'
import type { FastifyBaseLogger } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { enqueue } from './enqueue.js'
import { decideTurn } from './turn-rules.js'

/** The answer to a turn that exists. */
export async function turnResponse(
  { serializer }: Pick<ApiContext, 'serializer'>,
  row: TurnRow,
): Promise<CreateTurnResponse> {
  const { generations, ...turn } = await serializer.turn(row)
  return { turn, generations }
}

/**
 * Creates a turn with its generations and tells the queue. The one way of REST and socket.
 *
 * @param idempotency - the key that the request has claimed, bound to the turn in its transaction
 * @throws AtelierError `not_found` for a session that is not the owner's, or a code of {@link decideTurn}
 */
export async function createTurn(
  context: Pick<ApiContext, 'serializer' | 'queue' | 'models'>,
  owner: OwnerRepositories,
  logger: FastifyBaseLogger,
  sessionId: string,
  request: CreateTurn,
  idempotency?: IdempotencyUse,
): Promise<CreateTurnResponse> {
  if (!(await owner.sessions.get(sessionId))) throw new AtelierError('not_found')
  const turn = await decideTurn(owner, context.models, sessionId, request)
  const row = await owner.turns.create({ ...turn, ...(idempotency && { idempotency }) })
  if (!row) throw new AtelierError('not_found')
  await enqueue(
    context.queue,
    row.generations.map(({ id }) => id),
    logger,
  )
  return turnResponse(context, row)
}
