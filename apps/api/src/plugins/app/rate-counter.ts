import { AtelierError } from '@atelier/contracts'

const windowMs = 60_000

/** Counts the messages a minute of each key, for what does not pass Fastify's limit: the socket. 0 = no limit. */
export class RateCounter {
  private counts = new Map<string, number>()
  private since = Date.now()

  constructor(private readonly perMinute: number) {}

  /** @throws AtelierError `rate_limited` */
  count(keyId: string): void {
    if (this.perMinute === 0) return
    if (Date.now() - this.since >= windowMs) {
      this.counts = new Map()
      this.since = Date.now()
    }
    const count = (this.counts.get(keyId) ?? 0) + 1
    this.counts.set(keyId, count)
    if (count > this.perMinute)
      throw new AtelierError('rate_limited', `This key has sent more than ${this.perMinute} messages within a minute.`)
  }
}
