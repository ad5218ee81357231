import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { keysChannel } from './admin/credentials.js'
import { operatorsChannel } from './admin/running-order.js'
import { cancelChannel, eventsChannel } from './log/event-log.js'
import { setUtc } from './prisma/set-utc.js'
import { translateError } from './prisma/translate-error.js'

/** What the database wakes its listeners for (LISTEN/NOTIFY; a wake-up may be lost, so listeners also poll). */
export interface Wakeups {
  /** New rows in a session's event log. */
  onSessionEvents(listener: (sessionId: string) => void): void
  /** Somebody asked to cancel a running generation. */
  onCancel(listener: (generationId: string) => void): void
  /** A key or a browser session was revoked or changed; the id is its `credentialId`. */
  onKeyChange(listener: (credentialId: string) => void): void
  /** Something changed that operators watch: `workers`, `action` (an operator has done something), or a generation's id. */
  onOperators(listener: (what: string) => void): void
  /** A lost connection came back: whatever was missed must be read again. */
  onReconnect(listener: () => void): void
  close(): Promise<void>
}

const pingMs = 10_000
const answerMs = 5_000

interface Link {
  client: Client
  broken: Promise<void>
  leave(): void
}

/** One listening connection; `broken` resolves when it is lost, at the latest when a ping goes unanswered. */
async function connect(url: string, onNotice: (channel: string, payload: string) => void): Promise<Link> {
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
  })
  let leave!: () => void
  const broken = new Promise<void>((resolve) => {
    leave = resolve
  })
  client.on('error', leave)
  client.on('end', leave)
  client.on('notification', ({ channel, payload = '' }) => onNotice(channel, payload))
  await client.connect()
  await setUtc(client)
  await client.query(
    `LISTEN ${eventsChannel}; LISTEN ${cancelChannel}; LISTEN ${keysChannel}; LISTEN ${operatorsChannel}`,
  )
  // a connection that a firewall forgot looks alive for hours
  const ping = setInterval(() => {
    client.query('SELECT 1').catch(leave)
  }, pingMs)
  ping.unref()
  void broken.then(() => clearInterval(ping))
  return { client, broken, leave }
}

/**
 * Listens for the notices of the channels above on a connection of its own, and connects again when it is lost (after 0.1 s, then up to 5 s apart).
 *
 * @throws AtelierError `unavailable` when the first connection fails
 */
export async function listen(url: string): Promise<Wakeups> {
  const listeners = {
    session: [] as ((id: string) => void)[],
    cancel: [] as ((id: string) => void)[],
    key: [] as ((id: string) => void)[],
    operators: [] as ((what: string) => void)[],
    reconnect: [] as (() => void)[],
  }
  const onNotice = (channel: string, id: string) => {
    const heard =
      {
        [cancelChannel]: listeners.cancel,
        [keysChannel]: listeners.key,
        [operatorsChannel]: listeners.operators,
      }[channel] ?? listeners.session
    for (const listener of heard) listener(id)
  }
  const closing = new AbortController()
  let link = await connect(url, onNotice).catch((error: unknown) => {
    throw translateError(error)
  })

  const reconnect = async (): Promise<Link | undefined> => {
    for (let delay = 100; !closing.signal.aborted; delay = Math.min(delay * 2, 5000)) {
      await sleep(delay, undefined, { signal: closing.signal }).catch(() => {})
      const fresh = await connect(url, onNotice).catch(() => undefined)
      if (fresh && closing.signal.aborted) void fresh.client.end().catch(() => {})
      else if (fresh) return fresh
    }
    return undefined
  }
  const watch = async () => {
    for (;;) {
      await link.broken
      link.client.removeAllListeners('notification')
      void link.client.end().catch(() => {})
      const fresh = closing.signal.aborted ? undefined : await reconnect()
      if (!fresh) return
      link = fresh
      for (const listener of listeners.reconnect) listener()
    }
  }
  const watching = watch()

  return {
    onSessionEvents: (listener) => {
      listeners.session.push(listener)
    },
    onCancel: (listener) => {
      listeners.cancel.push(listener)
    },
    onKeyChange: (listener) => {
      listeners.key.push(listener)
    },
    onOperators: (listener) => {
      listeners.operators.push(listener)
    },
    onReconnect: (listener) => {
      listeners.reconnect.push(listener)
    },
    close: async () => {
      closing.abort()
      link.leave()
      await watching
    },
  }
}
