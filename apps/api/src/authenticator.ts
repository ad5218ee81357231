import { AtelierError, type Scope } from '@atelier/contracts'
import { hashToken, type Database, type Wakeups } from '@atelier/database'
import { LRUCache } from 'lru-cache'
import type { AddressLimits } from './address-limits.js'

/** Who sends a request. */
export interface Identity {
  /** What can end it: the key, or the browser session. */
  credentialId: string
  keyId: string
  ownerId: string
  scopes: Scope[]
  /** Null = never. */
  expiresAt: string | null
  token: string
}

/** What the authenticator is built on. */
export interface AuthenticatorDeps {
  database: Pick<Database, 'credentials'>
  wakeups: Pick<Wakeups, 'onKeyChange' | 'onReconnect'>
  limits: AddressLimits
}

/** How long an answer of the database is believed, in milliseconds, should the notice of a revocation be lost. */
const freshMs = 1000
const mostCached = 10_000

interface Watch {
  identity: Identity
  onEnded: () => void
}

/**
 * Tells who sends a request. The database is asked once a second for each token at most; its notices end what they name
 * at once, here and in every other process.
 */
export class Authenticator {
  /** By hash, so that no token lies in memory longer than its request. */
  private readonly cache = new LRUCache<string, Identity>({ max: mostCached, ttl: freshMs })
  private readonly asking = new Map<string, Promise<Identity | null>>()
  private readonly watches = new Set<Watch>()
  private readonly poll: NodeJS.Timeout
  /** Grows with every notice: an answer that was asked for before one may be out of date. */
  private notices = 0
  private checking = false

  constructor(private readonly deps: AuthenticatorDeps) {
    deps.wakeups.onKeyChange((id) => this.forget(id))
    deps.wakeups.onReconnect(() => this.forget())
    this.poll = setInterval(() => void this.checkWatched(), freshMs)
    this.poll.unref()
  }

  /**
   * @param address - of the sender; too many failures from there are refused without a query
   * @throws AtelierError `unauthorized` when the token is missing, unknown, expired or revoked; `rate_limited`
   */
  async authenticate(token: string | undefined, address: string): Promise<Identity> {
    const { limits } = this.deps
    if (token === undefined) {
      await limits.countAnonymous(address)
      throw new AtelierError('unauthorized')
    }
    const hash = hashToken(token)
    const known = this.cache.get(hash)
    if (known) return { ...known, token }
    await limits.checkFailures(address, hash)
    const found = await this.ask(token, hash)
    if (!found) {
      await limits.countFailure(address, hash)
      throw new AtelierError('unauthorized')
    }
    limits.succeeded(hash)
    return { ...found, token }
  }

  /**
   * For connections that outlive a request.
   *
   * @param onEnded - called once, within a second after the identity was revoked or has expired; a database that does
   *   not answer ends nothing
   * @returns the function that stops watching
   */
  watch(identity: Identity, onEnded: () => void): () => void {
    const watch = { identity, onEnded }
    this.watches.add(watch)
    return () => void this.watches.delete(watch)
  }

  /**
   * Asks the database again about a key or browser session, because it has changed.
   *
   * @param id - its `credentialId`; left out: any may have changed
   */
  forget(id?: string): void {
    this.disbelieve(id)
    void this.checkWatched()
  }

  close(): void {
    clearInterval(this.poll)
    this.watches.clear()
    this.cache.clear()
  }

  private disbelieve(id?: string): void {
    this.notices += 1
    this.asking.clear()
    for (const [hash, { keyId, credentialId }] of this.cache.entries())
      if (id === undefined || id === keyId || id === credentialId) this.cache.delete(hash)
  }

  private ask(token: string, hash: string): Promise<Identity | null> {
    const running = this.asking.get(hash)
    if (running) return running
    const asked = this.askDatabase(token, hash).finally(() => {
      if (this.asking.get(hash) === asked) this.asking.delete(hash)
    })
    this.asking.set(hash, asked)
    return asked
  }

  private async askDatabase(token: string, hash: string): Promise<Identity | null> {
    const before = this.notices
    const found = await this.deps.database.credentials.authenticate(token)
    if (!found) return null
    const { validForMs, ...rest } = found
    const identity = { ...rest, token: '' }
    const ttl = Math.floor(Math.min(freshMs, validForMs ?? freshMs))
    if (this.notices === before && ttl > 0) this.cache.set(hash, identity, { ttl })
    return identity
  }

  private async checkWatched(): Promise<void> {
    if (this.checking || !this.watches.size) return
    this.checking = true
    let seen: number
    do {
      seen = this.notices
      const watched = [...this.watches]
      const ids = new Set(watched.map(({ identity }) => identity.credentialId))
      const standing = await this.deps.database.credentials.standing([...ids]).catch(() => null)
      if (standing) {
        for (const watch of watched) {
          const { credentialId } = watch.identity
          if (standing.has(credentialId) || !this.watches.delete(watch)) continue
          // the notice may come later than this look, or not at all
          this.disbelieve(credentialId)
          watch.onEnded()
        }
      }
    } while (seen !== this.notices)
    this.checking = false
  }
}
