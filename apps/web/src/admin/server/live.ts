import type { AdminHealth, GenerationChange, QueueState, Worker } from '@atelier/client'
import { useEffect } from 'react'
import { basePath } from '../../app/address.js'
import { ExternalStore, useStore } from '../../app/external-store.js'
import { signInState } from '../../app/sign-in-state.js'
import { atelier } from '../../server/client.js'
import { isSignedOut, queries } from '../../server/queries.js'
import { isNews, keepNewest } from './changes.js'
import { adminKeys } from './queries.js'

/** Whether events arrive. */
export const liveState = new ExternalStore<'connecting' | 'live' | 'lost'>('connecting')

/** The newest change that was heard of each generation, by its id. */
const changes = new ExternalStore<ReadonlyMap<string, GenerationChange>>(new Map())

/** The newest step that was heard of a generation, when it is of this attempt; otherwise undefined. */
export const useLiveStep = (id: string | undefined, attempt: number | undefined): number | undefined =>
  useStore(changes, (all) => {
    const change = id === undefined ? undefined : all.get(id)
    return change?.attempt === attempt ? change?.step : undefined
  })

/** How soon lists are read again after news, at most, in milliseconds. */
const listsMs = 2_000
/** How long until another connection is tried, in milliseconds. */
const retryMs = 3_000

let due: ReturnType<typeof setTimeout> | undefined
/** Reads the lists of generations again, and the stories that there is news of; many news at once cost one reading. */
function readSoon(): void {
  due ??= setTimeout(() => {
    due = undefined
    void queries.invalidateQueries({ queryKey: adminKeys.generations })
    void queries.invalidateQueries({ queryKey: ['admin', 'queue-owners'] })
  }, listsMs)
}

function heardGenerations({ data, more }: { data: GenerationChange[]; more: boolean }): void {
  const before = changes.state
  const news = data.filter((change) => isNews(before.get(change.id), change))
  changes.set(keepNewest(before, data))
  for (const { id } of news) void queries.invalidateQueries({ queryKey: adminKeys.story(id) })
  if (news.length || more) readSoon()
}

/** Of what operators change: everything but what events bring by themselves. */
const ofOperators = ['owners', 'owner', 'keys', 'sessions', 'webhooks', 'deliveries', 'actions', 'story']

const heard: Record<string, (data: never) => void> = {
  health: (health: AdminHealth) => queries.setQueryData(adminKeys.health, health),
  queue: (queue: QueueState) => queries.setQueryData(adminKeys.queue, queue),
  workers: (workers: { data: Worker[] }) => queries.setQueryData(adminKeys.workers, workers),
  generations: heardGenerations,
  action: () => {
    for (const name of ofOperators) void queries.invalidateQueries({ queryKey: ['admin', name] })
  },
}

/** Follows the server's events. @returns what ends that */
function follow(): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false
  const connect = () => {
    source = new EventSource(`${basePath}/v1/admin/events`)
    source.addEventListener('open', () => {
      // What was missed meanwhile is read again; the first time everything has just been read.
      if (liveState.state === 'lost') void queries.invalidateQueries({ queryKey: ['admin'] })
      liveState.set('live')
    })
    for (const [name, hear] of Object.entries(heard))
      source.addEventListener(name, ({ data }: MessageEvent<string>) => hear(JSON.parse(data) as never))
    source.addEventListener('error', () => {
      liveState.set('lost')
      // A lost connection is made again by the browser; after a refusal that is up to the page.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(() => void again(), retryMs)
    })
  }
  const again = async () => {
    try {
      await atelier.browserSessions.current()
    } catch (error) {
      if (isSignedOut(error)) return signInState.set('ended')
    }
    if (!ended) connect()
  }
  connect()
  return () => {
    ended = true
    clearTimeout(timer)
    source.close()
    liveState.set('connecting')
  }
}

/** Keeps what the page shows up to date as long as the component is there. */
export function useFollowServer(): void {
  useEffect(follow, [])
}
