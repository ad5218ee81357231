import { AtelierError, type ForkSession, type Session } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { readImageObject } from '../images/image-objects.js'
import { orNotFound } from '../or-not-found.js'
import { collectSession } from './collect-session.js'
import { restoreContent } from './restore-content.js'

/** Most turns of a fork: it is made in one transaction. */
const maxForkTurns = 2000

function checkSize(turns: number): void {
  if (turns <= maxForkTurns) return
  throw new AtelierError('fork_too_large', `The fork would have more than ${maxForkTurns} turns.`, {
    max: maxForkTurns,
  })
}

/**
 * Makes a new session with the path to one turn of another session, or without `turnId` with all of its turns. Pictures
 * made by these turns are copied; those that were only used are the owner's already and are used again.
 *
 * @throws AtelierError `not_found` for a session that is not the owner's, `unknown_turn`, `fork_too_large`
 */
export async function forkSession(
  { objects }: Pick<ApiContext, 'objects'>,
  owner: OwnerRepositories,
  sessionId: string,
  { turnId, title }: ForkSession,
  idempotency?: IdempotencyUse,
): Promise<Session> {
  const { content: rows } = owner
  orNotFound(await owner.sessions.get(sessionId))
  const turnIds = turnId === undefined ? undefined : await rows.forkedTurns(sessionId, turnId, maxForkTurns + 1)
  if (turnIds?.length === 0) throw new AtelierError('unknown_turn', undefined, { field: 'turnId', turnId })
  checkSize(turnIds?.length ?? 0)
  const outline = orNotFound(await rows.outline(sessionId, turnIds))
  checkSize(outline.turnIds.length)
  const { session: original } = outline
  const session = { ...original, title: title ?? original.title, activeTurnId: turnId ?? original.activeTurnId }
  const content = await collectSession(rows, { ...outline, session })
  const images = content.images.filter(({ generationId }) => generationId !== null)
  return restoreContent(objects, owner, {
    content: { ...content, images },
    times: null,
    files: async ({ objectKey, thumbnailKey }) => ({
      file: await readImageObject(objects, objectKey),
      thumbnail: await readImageObject(objects, thumbnailKey),
    }),
    idempotency,
  })
}
