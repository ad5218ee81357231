import { Atelier, type SessionEvents } from '@atelier/client'
import type { Database } from '@atelier/database'

/** A session with those who hear it. */
export interface Stage {
  sessionId: string
  /** Of its owner. */
  client: Atelier
}

/** Sockets that have joined sessions and note when each event reaches them. */
export interface Audience {
  stages: readonly Stage[]
  /** Milliseconds from a change to each client that heard of it, since the last call: the log's events, and steps. */
  take(): { events: number[]; steps: number[] }
  close(): void
}

/** Joined at once, so that no join waits for a hundred others. */
const joiningAtOnce = 20

/** Most sessions of an owner: each owner is one key, as in life. */
const sessionsPerOwner = 5

/**
 * Opens sockets and joins them to sessions.
 *
 * @param perSession - sockets in each session, such as the tabs and devices of a team
 * @param stepTime - when the step was reported, from what `step` carries
 */
export async function openAudience(
  { url, database }: { url: string; database: Database },
  { sockets, perSession, stepTime }: { sockets: number; perSession: number; stepTime: (step: number) => number },
): Promise<Audience> {
  let [events, steps]: [number[], number[]] = [[], []]
  const stages: Stage[] = []
  const open: SessionEvents[] = []
  let client: Atelier | undefined
  for (let number = 0; number * perSession < sockets; number++) {
    if (!client || number % sessionsPerOwner === 0) {
      const { token } = await database.admin.createKey({ name: `load ${number}`, scopes: ['user'] })
      client = new Atelier({ url, token })
    }
    stages.push({ sessionId: (await client.sessions.create()).id, client })
  }
  const join = async (index: number): Promise<void> => {
    const { client, sessionId } = stages[Math.floor(index / perSession)]!
    const heard = client.events(sessionId)
    open.push(heard)
    heard.on('event', ({ createdAt }) => events.push(Date.now() - Date.parse(createdAt)))
    heard.on('progress', ({ step }) => steps.push(Date.now() - stepTime(step)))
    await new Promise((resolve, reject) => {
      heard.on('snapshot', resolve)
      heard.on('error', reject)
    })
  }
  for (let at = 0; at < sockets; at += joiningAtOnce)
    await Promise.all(Array.from({ length: Math.min(joiningAtOnce, sockets - at) }, (_, index) => join(at + index)))
  return {
    stages,
    take() {
      const taken = { events, steps }
      ;[events, steps] = [[], []]
      return taken
    },
    close: () => {
      for (const heard of open) heard.close()
    },
  }
}
