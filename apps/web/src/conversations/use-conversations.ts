import type { ListedSession } from '@atelier/contracts'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { queryKeys } from '../server/queries.js'

/** Conversations that are read at once. */
const pageSize = 40

/** The conversations with a text in the title, all without one; the one that changed last first, more on request. */
export function useConversations(query: string) {
  const { data, ...rest } = useInfiniteQuery({
    queryKey: [...queryKeys.sessions, query],
    queryFn: ({ pageParam, signal }) =>
      atelier.sessions.list(
        { limit: pageSize, order: 'activity', ...(query && { query }), ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    // Other tabs and devices change the list, too.
    refetchOnMount: 'always',
    refetchOnWindowFocus: 'always',
  })
  const sessions = useMemo(() => {
    // One that changes while pages are read may be on two of them.
    const all = data?.pages.flatMap((page) => page.data) ?? []
    return [...new Map(all.map((session) => [session.id, session])).values()]
  }, [data])
  return { ...rest, sessions }
}

const dayMs = 24 * 3600 * 1000

/** What a day is called in the list: today, yesterday, the last 7 or 30 days, or its month. */
export function dayName(time: string, now = new Date()): string {
  const day = new Date(time)
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  const { today, yesterday, thisWeek, thisMonth } = words.conversations
  if (day.getTime() >= midnight) return today
  if (day.getTime() >= midnight - dayMs) return yesterday
  if (day.getTime() >= midnight - 7 * dayMs) return thisWeek
  if (day.getTime() >= midnight - 30 * dayMs) return thisMonth
  return new Intl.DateTimeFormat(document.documentElement.lang, { month: 'long', year: 'numeric' }).format(day)
}

/** The rows of the list: each day's name before its conversations. */
export function withDays(sessions: readonly ListedSession[]): (string | ListedSession)[] {
  let last: string | undefined
  return sessions.flatMap((session) => {
    const name = dayName(session.updatedAt)
    if (name === last) return [session]
    last = name
    return [name, session]
  })
}
