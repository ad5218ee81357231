import { AtelierError } from '@atelier/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { whenClosed } from './when-closed.js'

const MB = 1024 * 1024
/** Most bytes of long bodies in memory: of an owner, and of all. A body that is alone is let in, however long. */
const most = { owner: 96 * MB, all: 256 * MB }
const retryAfterSeconds = 5

/** How long a body is that is read into memory: as announced, at most `limit`. Forms are kept on disk. */
export function bodyBytes({ headers }: FastifyRequest, limit: number): number {
  if (/^multipart\//i.test(headers['content-type'] ?? '')) return 0
  const length = headers['content-length']
  if (length === undefined) return headers['transfer-encoding'] === undefined ? 0 : limit
  return Math.min(Number(length), limit)
}

/** Bounds the memory of bodies with pictures in them, which are parsed whole: counted from before they are read. */
export class BodyBytes {
  private readonly owners = new Map<string, number>()
  private all = 0

  /**
   * Counts a body until its request has ended.
   *
   * @returns what gives its bytes back earlier
   * @throws AtelierError `busy` while the owner, or all together, have too many
   */
  take(ownerId: string, bytes: number, reply: FastifyReply): () => void {
    const own = this.owners.get(ownerId) ?? 0
    if ((own && own + bytes > most.owner) || (this.all && this.all + bytes > most.all))
      throw new AtelierError('busy', undefined, { bodyBytes: own, retryAfterSeconds })
    let taken = 0
    const add = (change: number) => {
      taken += change
      this.all += change
      const now = (this.owners.get(ownerId) ?? 0) + change
      if (now) this.owners.set(ownerId, now)
      else this.owners.delete(ownerId)
    }
    add(bytes)
    const giveBack = () => add(-taken)
    whenClosed(reply, giveBack)
    return giveBack
  }
}
