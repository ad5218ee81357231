import type { Page } from '@atelier/client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { adminWords } from '../../messages/admin-words.js'
import controls from '../../theme/controls.module.css'
import styles from './parts.module.css'

/** A list of which more is read when asked for. */
export interface Pages<Row> {
  data: Row[] | undefined
  error: Error | null
  refetch(): unknown
  more: (() => void) | null
  busy: boolean
}

/** Pages that stay on the page at most: beyond that, filters help more. */
const maxPages = 20

/**
 * Reads a list page by page.
 *
 * @param key - names it, with its filters
 * @param read - reads the page behind a cursor, the first one by default
 */
export function usePages<Row>(
  key: readonly unknown[],
  read: (page: { cursor?: string; signal: AbortSignal }) => Promise<Page<Row>>,
): Pages<Row> {
  const query = useInfiniteQuery({
    queryKey: ['admin', ...key],
    queryFn: ({ pageParam, signal }) => read({ ...(pageParam && { cursor: pageParam }), signal }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }, all) => (all.length < maxPages ? nextCursor : null),
  })
  const data = useMemo(() => query.data?.pages.flatMap((page) => page.data), [query.data])
  return {
    data,
    error: query.error,
    refetch: query.refetch,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
    busy: query.isFetchingNextPage,
  }
}

/** The button that reads the next page; nothing behind the last. */
export function More({ pages: { more, busy } }: { pages: Pick<Pages<unknown>, 'more' | 'busy'> }) {
  if (!more) return null
  return (
    <p className={styles.more}>
      <button type="button" className={controls.plain} disabled={busy} onClick={more}>
        {adminWords.parts.more}
      </button>
    </p>
  )
}
