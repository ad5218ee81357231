import type { TurnOutlook } from '@atelier/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useAddress } from '../app/address.js'
import { turnOf } from '../draft/draft.js'
import { useDraft } from '../draft/use-draft.js'
import { atelier } from '../server/client.js'
import { useShownId } from '../stage/stage-store.js'

/** How long the draft rests before the server is asked about it, in milliseconds. */
const restMs = 500

/** A value once it has not changed for a while. */
function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return rested
}

/**
 * What would become of the draft if it were sent now; undefined until it is known.
 *
 * @param enabled - whether anybody wants to know
 */
export function useOutlook(enabled: boolean): { outlook: TurnOutlook | undefined; error: unknown } {
  const { sessionId } = useAddress()
  const { draft } = useDraft()
  const shownId = useShownId()
  const turn = JSON.stringify({ ...turnOf(draft, shownId), ...(sessionId && { sessionId }) })
  const rested = useRested(turn, restMs)
  const { data, error } = useQuery({
    queryKey: ['outlook', rested],
    queryFn: ({ signal }) => atelier.turns.dryRun(JSON.parse(rested), { signal }),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 30_000,
  })
  return { outlook: enabled ? data : undefined, error }
}
