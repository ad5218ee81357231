import { AtelierError } from '@atelier/contracts'
import pLimit, { type LimitFunction } from 'p-limit'

/** Whose transaction it is (left out: the operator's), and which session's lock it will take, if that is known. */
export interface Lane {
  ownerId: string | undefined
  sessionId?: string
}

/** Most transactions of one owner, and of one session, that wait for their turn. */
const mostWaiting = { owner: 1000, session: 500 }

/** A limit for each name that is in use. */
class Limits {
  private readonly limits = new Map<string, LimitFunction>()

  constructor(
    private readonly atOnce: number,
    private readonly waiting: number,
  ) {}

  /** @throws AtelierError `busy` when too many wait already */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const limit = this.limits.get(name) ?? pLimit(this.atOnce)
    if (limit.pendingCount >= this.waiting)
      throw new AtelierError('busy', 'Too many changes wait here already.', { retryAfterSeconds: 5 })
    this.limits.set(name, limit)
    try {
      return await limit(work)
    } finally {
      if (!limit.activeCount && !limit.pendingCount) this.limits.delete(name)
    }
  }
}

/**
 * Keeps an owner's transactions from holding every connection of the pool while they wait for each other: those of one
 * session would take turns under its lock anyway, and those of one owner get a part of the pool. They wait here, without
 * a connection, in order.
 */
class Lanes {
  private readonly owners: Limits
  private readonly sessions = new Limits(1, mostWaiting.session)

  /** @param poolSize - connections of the pool; an owner gets a third of them, at least one */
  constructor(poolSize: number) {
    this.owners = new Limits(Math.max(1, Math.floor(poolSize / 3)), mostWaiting.owner)
  }

  /** Runs a transaction when it is its turn. @throws AtelierError `busy` when too many wait already */
  run<T>({ ownerId = '', sessionId }: Lane, work: () => Promise<T>): Promise<T> {
    const inOwner = () => this.owners.run(ownerId, work)
    return sessionId === undefined ? inOwner() : this.sessions.run(`${ownerId} ${sessionId}`, inOwner)
  }
}

const lanes = new WeakMap<object, Lanes>()

/** Gives a client its lanes. @param poolSize - connections of its pool */
export function openLanes(client: object, poolSize: number): void {
  lanes.set(client, new Lanes(poolSize))
}

/** The lanes of a client that {@link openLanes} was told of. */
export const lanesOf = (client: object): Lanes => lanes.get(client)!
