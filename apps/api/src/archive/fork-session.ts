import { AtelierError, type Session } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { found } from '../found.js'
import { collectSession } from './collect-session.js'
import { readObject } from './read-object.js'
import { restoreContent } from './restore-content.js'
import { turnsOfFork } from './turns-of-fork.js'

/**
 * Makes a session of the path to one of another session's turns. Pictures made on that path are copied; those that were
 * only used are the owner's and are used again.
 *
 * @throws AtelierError `not_found` for a session that is not the owner's, `unknown_turn`
 */
export async function forkSession(
  { objects }: Pick<ApiContext, 'objects'>,
  owner: OwnerRepositories,
  sessionId: string,
  { turnId, title }: { turnId: string; title?: string | undefined },
  idempotency?: IdempotencyUse,
): Promise<Session> {
  const tree = found(await owner.sessions.getWithTurns(sessionId))
  const turns = turnsOfFork(tree.turns, turnId)
  if (!turns.length) throw new AtelierError('unknown_turn', undefined, { field: 'turnId', turnId })
  const session = { ...tree, title: title ?? tree.title, activeTurnId: turnId }
  const content = await collectSession(owner, session, turns)
  const images = content.images.filter(({ generationId }) => generationId !== null)
  return restoreContent(objects, owner, {
    content: { ...content, images },
    times: null,
    files: async ({ objectKey, thumbnailKey }) => ({
      file: await readObject(objects, objectKey),
      thumbnail: await readObject(objects, thumbnailKey),
    }),
    idempotency,
  })
}
