import { BlockList, isIP } from 'node:net'
import type { DueDelivery } from '@atelier/database'
import { failpoint } from '@atelier/service'
import type { ApiContext } from '../api-context.js'
import { isPublicAddress } from '../remote/public-address.js'
import { sendDelivery } from './send-delivery.js'

/** How often it is looked for messages, in milliseconds, and how many are sent at once. */
const lookMs = 1000
const atOnce = 10

/**
 * Which addresses webhooks may lead to: those of the public internet, and the networks that the operator names.
 *
 * @param networks - addresses and networks, such as `10.0.0.0/8`
 */
export function allowedAddresses(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return (address) => {
    const family = isIP(address)
    return family !== 0 && (list.check(address, family === 6 ? 'ipv6' : 'ipv4') || isPublicAddress(address))
  }
}

/** Sends the messages of webhooks. All API processes do; each message is taken by one of them at a time. */
export class WebhookSender {
  private readonly sending = new Map<string, Promise<void>>()
  private readonly stopping = new AbortController()
  private readonly timer: NodeJS.Timeout
  private readonly allows: (address: string) => boolean
  private looking = false

  constructor(
    private readonly context: Pick<ApiContext, 'database' | 'serializer' | 'logger'>,
    networks: readonly string[],
  ) {
    this.allows = allowedAddresses(networks)
    this.timer = setInterval(() => void this.look(), lookMs)
    this.timer.unref()
  }

  /** Ends what is being sent: it is sent again later, perhaps by another process. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    this.stopping.abort()
    await Promise.allSettled(this.sending.values())
  }

  private async look(): Promise<void> {
    if (this.looking || this.stopping.signal.aborted || this.sending.size >= atOnce) return
    this.looking = true
    try {
      const { deliveries } = this.context.database
      for (const due of await deliveries.claim(atOnce - this.sending.size, [...this.sending.keys()])) {
        const sent = this.send(due)
          .catch((error: unknown) =>
            this.context.logger.warn({ err: error, delivery: due.id }, 'a message was not sent'),
          )
          .finally(() => {
            this.sending.delete(due.lane)
            // the lane may have more
            void this.look()
          })
        this.sending.set(due.lane, sent)
      }
    } catch (error) {
      this.context.logger.warn({ err: error }, 'it could not be looked for messages of webhooks; trying again')
    } finally {
      this.looking = false
    }
  }

  private async send(due: DueDelivery): Promise<void> {
    const { database, serializer } = this.context
    if (!due.event) {
      const error = 'The conversation has been deleted.'
      return database.deliveries.finish(due, { delivered: false, status: null, error, retryInSeconds: null })
    }
    const { type: _type, ...data } = await serializer.event(due.event)
    const body = JSON.stringify({ type: due.type, timestamp: due.event.createdAt, data })
    const result = await sendDelivery({ ...due, body }, this.allows, this.stopping.signal)
    failpoint('message-sent')
    if (this.stopping.signal.aborted && !result.delivered) return
    await database.deliveries.finish(due, result)
  }
}
