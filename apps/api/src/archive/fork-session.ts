import { AtelierError, type Session } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { readImageObject } from '../images/image-objects.js'
import { orNotFound } from '../or-not-found.js'
import { collectSession } from './collect-session.js'
import { restoreContent } from './restore-content.js'

/** Most turns of a fork: it is made in one transaction. */
const maxForkTurns = 2000

/**
 * Makes a new session with the path to one turn of another session. Pictures made on that path are copied; those that
 * were only used are the owner's already and are used again.
 *
 * @throws AtelierError `not_found` for a session that is not the owner's, `unknown_turn`, `fork_too_large`
 */
export async function forkSession(
  { objects }: Pick<ApiContext, 'objects'>,
  owner: OwnerRepositories,
  sessionId: string,
  { turnId, title }: { turnId: string; title?: string | undefined },
  idempotency?: IdempotencyUse,
): Promise<Session> {
  const { content: rows } = owner
  orNotFound(await owner.sessions.get(sessionId))
  const turnIds = await rows.forkedTurns(sessionId, turnId, maxForkTurns + 1)
  if (!turnIds.length) throw new AtelierError('unknown_turn', undefined, { field: 'turnId', turnId })
  if (turnIds.length > maxForkTurns)
    throw new AtelierError('fork_too_large', `The fork would have more than ${maxForkTurns} turns.`, {
      max: maxForkTurns,
    })
  const outline = orNotFound(await rows.outline(sessionId, turnIds))
  const session = { ...outline.session, title: title ?? outline.session.title, activeTurnId: turnId }
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
