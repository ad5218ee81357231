import { setTimeout as sleep } from 'node:timers/promises'
import { Atelier } from '@atelier/client'
import type { Hearing, HeardEvent } from './client-log.js'

/** Whom a listener belongs to and where it connects. */
export interface ListenerOptions {
  urls: readonly string[]
  token: string
  hearing: Hearing
}

/** A client that hears a session. */
export interface Listener {
  close(): void
}

/** Hears a session over Socket.IO, with the product's own client. */
export function listenBySocket({ urls, token, hearing }: ListenerOptions): Listener {
  // it stays with one API, so half of the sessions of a run hear each
  const url = urls[hearing.sessionId.charCodeAt(hearing.sessionId.length - 1) % urls.length]!
  const events = new Atelier({ url, token }).events(hearing.sessionId, { afterSeq: 0 })
  events.on('event', ({ seq, type, payload }) => {
    const { generationId } = payload as { generationId?: string }
    hearing.events.push({ seq, type, ...(generationId && { generationId }) })
  })
  events.on('connected', (connected) => {
    if (!connected) hearing.reconnects += 1
  })
  return { close: () => events.close() }
}

/** The next event of a text of server-sent events, if it holds a whole one with a number. */
function eventOf(block: string): HeardEvent | undefined {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const [id, data] = [field('id'), field('data')]
  if (!id || !data) return undefined
  const { type, generationId } = JSON.parse(data) as HeardEvent
  return { seq: Number(id), type, ...(generationId && { generationId }) }
}

/** Hears a session over server-sent events, from an API each time it connects, after the last event that it heard. */
export function listenByStream({ urls, token, hearing }: ListenerOptions): Listener {
  const stopping = new AbortController()
  const { signal } = stopping
  const read = async (url: string) => {
    const last = hearing.events.at(-1)?.seq ?? 0
    // undici's own limits end a stream that is quiet; the API sends a comment every 15 s
    const response = await fetch(`${url}/v1/sessions/${hearing.sessionId}/events`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': String(last) },
      signal,
    })
    if (!response.ok || !response.body) return void (await response.body?.cancel())
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const event = eventOf(block)
        if (event) hearing.events.push(event)
      }
    }
  }
  const run = async () => {
    for (let turn = 0; !signal.aborted; turn++) {
      await read(urls[turn % urls.length]!).catch(() => {})
      if (signal.aborted) return
      hearing.reconnects += 1
      await sleep(300)
    }
  }
  void run()
  return { close: () => stopping.abort() }
}
