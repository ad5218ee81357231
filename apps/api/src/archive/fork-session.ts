import { AtelierError, isTerminal, type Session } from '@atelier/contracts'
import { lineage } from '@atelier/conversation'
import type { IdempotencyUse, OwnerRepositories, TurnRow } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { readImageObject } from '../images/image-objects.js'
import { orNotFound } from '../or-not-found.js'
import { collectSession } from './collect-session.js'
import { restoreContent } from './restore-content.js'

/**
 * Makes a new session with the path to one turn of another session. Pictures made on that path are copied; those that
 * were only used are the owner's already and are used again.
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
  const tree = orNotFound(await owner.sessions.getWithTurns(sessionId))
  const turns = turnsOfFork(tree.turns, turnId)
  if (!turns.length) throw new AtelierError('unknown_turn', undefined, { field: 'turnId', turnId })
  const session = { ...tree, title: title ?? tree.title, activeTurnId: turnId }
  const content = await collectSession(owner, session, turns)
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

/** The turns that the ended generations of a turn saw. */
const seen = ({ generations }: TurnRow): string[] =>
  generations.filter(({ status }) => isTerminal(status)).flatMap(({ lcu }) => lcu.map(({ turnId }) => turnId))

/**
 * The turns of a fork: the path from a root to the turn, and the paths to all that those turns' generations saw, so
 * that no record in the fork shows what is not there. In the order of the list.
 *
 * @param turns - all turns of the session, oldest first
 */
export function turnsOfFork<T extends TurnRow>(turns: readonly T[], turnId: string): T[] {
  const kept = new Set<string>()
  const wanted = [turnId]
  for (const id of wanted) {
    for (const turn of lineage(turns, id)) {
      if (kept.has(turn.id)) continue
      kept.add(turn.id)
      wanted.push(...seen(turn))
    }
  }
  return turns.filter(({ id }) => kept.has(id))
}
