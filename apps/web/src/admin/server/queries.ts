import { AtelierAdmin } from '@atelier/client/admin'
import { useQuery } from '@tanstack/react-query'
import { atelier } from '../../server/client.js'
import { queries, queryKeys } from '../../server/queries.js'

/** The client of the dashboard. The browser's cookie signs in. */
export const admin = new AtelierAdmin({ url: document.baseURI })

/** Names of what the dashboard has read: all begin with `admin`, and live events say which to read again. */
export const adminKeys = {
  health: ['admin', 'health'] as const,
  queue: ['admin', 'queue'] as const,
  workers: ['admin', 'workers'] as const,
  /** All lists of generations, whatever they filter by. */
  generations: ['admin', 'generations'] as const,
  story: (id: string) => ['admin', 'story', id] as const,
  stats: (window: string) => ['admin', 'stats', window] as const,
}

/** Reads everything again that is shown: something has been done. */
export function refresh(): void {
  void queries.invalidateQueries({ queryKey: ['admin'] })
}

/** Who is signed in. */
export const useMe = () =>
  useQuery({
    queryKey: queryKeys.me,
    queryFn: ({ signal }) => atelier.browserSessions.current({ signal }),
    staleTime: Infinity,
  })

/** Whether all is well; live events keep it so. */
export const useHealth = () =>
  useQuery({ queryKey: adminKeys.health, queryFn: ({ signal }) => admin.health({ signal }) })

/** The queue; live events keep it up to date. */
export const useQueue = () => useQuery({ queryKey: adminKeys.queue, queryFn: ({ signal }) => admin.queue({ signal }) })

/** The workers; live events keep them up to date. */
export const useWorkers = () =>
  useQuery({ queryKey: adminKeys.workers, queryFn: ({ signal }) => admin.workers({ signal }) })
