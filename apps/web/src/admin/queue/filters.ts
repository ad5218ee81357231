import type { AdminGenerationsFilter } from '@atelier/client/admin'
import type { GenerationStatus } from '@atelier/client'

/** What the list can be narrowed to by one choice: a status, or what is parked or poison. */
export const states = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'parked', 'poison'] as const
/** See {@link states}. */
export type State = (typeof states)[number]

/** The filters of the list, as they stand in the address. Empty: no filter. */
export interface Filters {
  status: State | ''
  model: string
  owner: string
  worker: string
  code: string
  search: string
}

const names = ['model', 'owner', 'worker', 'code', 'search'] as const

/** Reads the filters of an address; what it does not know means no filter. */
export function filtersOf(search: URLSearchParams): Filters {
  const status = states.find((state) => state === search.get('status')) ?? ''
  return {
    status,
    ...(Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Omit<Filters, 'status'>),
  }
}

/** The filters as an address has them. */
export const addressOfFilters = (filters: Filters): URLSearchParams =>
  new URLSearchParams(Object.entries(filters).filter(([, value]) => value))

/** The filters as the server takes them. */
export function queryOf({ status, search, ...others }: Filters): AdminGenerationsFilter {
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value))
  // Ids have no other characters.
  const text = search
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '')
    .slice(0, 40)
  return {
    ...given,
    ...(text && { search: text }),
    ...(status === 'parked' || status === 'poison'
      ? { [status]: true }
      : status && { status: status satisfies GenerationStatus, ...(status === 'queued' && { parked: false }) }),
  }
}
