import { AtelierError } from '@atelier/contracts'
import fastifyPlugin from 'fastify-plugin'
import { whenClosed } from './when-closed.js'

/** Without measured times a caller is asked to wait this long, in seconds. */
const unknownWait = 5
const longestWait = 600

/** What an owner has open or running in this process, of one kind, and how long such things last. */
class Counter {
  private readonly starts = new Map<string, Set<number>>()
  private meanMs: number | undefined

  used(ownerId: string): number {
    return this.starts.get(ownerId)?.size ?? 0
  }

  /** Counts one more. @returns what counts it off again; calling it twice does no harm */
  enter(ownerId: string): () => void {
    const mine = this.starts.get(ownerId) ?? new Set()
    this.starts.set(ownerId, mine)
    // a place of its own for two that begin in the same instant
    let start = performance.now()
    while (mine.has(start)) start += 1e-3
    mine.add(start)
    return () => {
      if (!mine.delete(start)) return
      if (!mine.size && this.starts.get(ownerId) === mine) this.starts.delete(ownerId)
      const ms = performance.now() - start
      this.meanMs = this.meanMs === undefined ? ms : this.meanMs + (ms - this.meanMs) / 10
    }
  }

  /** Seconds until the owner's oldest one ends if it lasts as long as others did. */
  secondsUntilRoom(ownerId: string): number {
    const oldest = Math.min(...(this.starts.get(ownerId) ?? []))
    if (this.meanMs === undefined || !Number.isFinite(oldest)) return unknownWait
    const seconds = Math.ceil((oldest + this.meanMs - performance.now()) / 1000)
    return Math.min(longestWait, Math.max(1, seconds))
  }
}

/** What {@link AtOnce} counts. */
export type AtOnceName = 'sockets' | 'joinedSessions' | 'imports' | 'decodes'

const words: Record<AtOnceName, string> = {
  sockets: 'sockets, event streams and long calls',
  joinedSessions: 'joined sessions',
  imports: 'imports, exports and forks',
  decodes: 'uploads, outpaints and calls with pictures',
}

/** What owners have open or running in this API process: no owner gets more than its share of it. */
export class AtOnce {
  private readonly counters: Record<AtOnceName, Counter> = {
    sockets: new Counter(),
    joinedSessions: new Counter(),
    imports: new Counter(),
    decodes: new Counter(),
  }

  /** @param limits - most of each that one owner may have at once */
  constructor(private readonly limits: Readonly<Record<AtOnceName, number>>) {}

  /** How many an owner has. */
  used(name: AtOnceName, ownerId: string): number {
    return this.counters[name].used(ownerId)
  }

  /**
   * Counts one more.
   *
   * @returns what counts it off again; calling it twice does no harm
   * @throws AtelierError `too_many_at_once`
   */
  enter(name: AtOnceName, ownerId: string): () => void {
    const counter = this.counters[name]
    const most = this.limits[name]
    const used = counter.used(ownerId)
    if (used < most) return counter.enter(ownerId)
    throw new AtelierError('too_many_at_once', `At most ${most.toLocaleString('en')} ${words[name]} at once.`, {
      limit: name,
      used,
      most,
      retryAfterSeconds: counter.secondsUntilRoom(ownerId),
    })
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request to this route counts as until it has been answered. */
    atOnce?: AtOnceName
  }
}

/** Counts the requests to routes that say so in their `config`. Comes after the auth gate, before the body is read. */
export const countAtOnce = (atOnce: AtOnce) =>
  fastifyPlugin(async (app) => {
    app.addHook('onRequest', ({ routeOptions, identity }, reply, done) => {
      const { atOnce: name } = routeOptions.config
      if (name !== undefined) {
        const leave = atOnce.enter(name, identity.ownerId)
        reply.raw.once('finish', leave)
        whenClosed(reply, leave)
      }
      done()
    })
  })
