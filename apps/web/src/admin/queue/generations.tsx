import type { AdminGeneration } from '@atelier/client'
import { Link, useSearchParams } from 'wouter'
import { adminWords } from '../../messages/admin-words.js'
import { words as chatWords } from '../../messages/words.js'
import { useModels } from '../../server/queries.js'
import controls from '../../theme/controls.module.css'
import { Loaded } from '../parts/loaded.js'
import { OwnerLink } from '../parts/names.js'
import { More, usePages } from '../parts/pages.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table } from '../parts/table.js'
import { TextFilter } from '../parts/text-filter.js'
import { Ago } from '../parts/time.js'
import { lengthOf } from '../parts/times.js'
import { pathOfPlace } from '../place.js'
import { useLiveStep } from '../server/live.js'
import { admin } from '../server/queries.js'
import { addressOfFilters, filtersOf, queryOf, states, type Filters } from './filters.js'
import { GenerationActions } from './generation-actions.js'
import { StateBadge } from './state-badge.js'

const { queue: words } = adminWords

/** All generations, newest first, narrowed by what the address says. */
export function Generations() {
  const [search, setSearch] = useSearchParams()
  const filters = filtersOf(search)
  const change = (changed: Partial<Filters>) =>
    setSearch(addressOfFilters({ ...filters, ...changed }), { replace: true })
  const query = queryOf(filters)
  const pages = usePages(['generations', query], (page) => admin.generations(query, page))
  return (
    <Panel title={words.generations} flush>
      <FilterBar filters={filters} onChange={change} />
      <Loaded query={pages}>
        {(rows) =>
          rows.length ? (
            <Table label={words.generations} columns={columns} rows={rows} keyOf={({ id }) => id} />
          ) : (
            <p className={parts.empty}>{search.size ? words.noneMatch : words.noGenerations}</p>
          )
        }
      </Loaded>
      <More pages={pages} />
    </Panel>
  )
}

const columns = [
  {
    name: words.generation,
    head: true,
    cell: ({ id }: AdminGeneration) => (
      <Link href={pathOfPlace('queue', id)} className={parts.code}>
        {id}
      </Link>
    ),
  },
  { name: words.status, cell: (generation: AdminGeneration) => <Status generation={generation} /> },
  { name: words.model, cell: ({ model }: AdminGeneration) => model },
  { name: words.priority, cell: ({ priority }: AdminGeneration) => words.priorities[priority] },
  {
    name: words.owner,
    cell: ({ ownerId }: AdminGeneration) => <OwnerLink id={ownerId} />,
  },
  { name: words.attempts, number: true, cell: ({ attempt }: AdminGeneration) => attempt },
  { name: words.queued, number: true, cell: ({ queuedAt }: AdminGeneration) => <Ago at={queuedAt} /> },
  {
    name: words.took,
    number: true,
    cell: ({ startedAt, finishedAt }: AdminGeneration) =>
      startedAt && finishedAt
        ? lengthOf((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)
        : adminWords.parts.none,
  },
  {
    name: adminWords.parts.actions,
    actions: true,
    cell: (generation: AdminGeneration) => <GenerationActions generation={generation} brief />,
  },
]

function Status({ generation }: { generation: AdminGeneration }) {
  const { id, status, attempt, step, steps, error } = generation
  const live = useLiveStep(id, attempt)
  return (
    <span className={parts.stack}>
      <StateBadge {...generation} />
      {status === 'running' && (
        <span className={`${parts.small} ${parts.soft} numbers`}>{words.step(Math.max(step, live ?? 0), steps)}</span>
      )}
      {error && <code className={parts.code}>{error.code}</code>}
    </span>
  )
}

const codes = Object.keys(chatWords.errors).sort()

function FilterBar({ filters, onChange }: { filters: Filters; onChange(changed: Partial<Filters>): void }) {
  const models = useModels()
  // Models that are not offered any more have generations, too.
  const names = [...new Set([...(models ?? []).map(({ name }) => name), ...(filters.model ? [filters.model] : [])])]
  return (
    <search className={parts.filters}>
      <label className={parts.filter}>
        {words.status}
        <select
          className={controls.field}
          value={filters.status}
          onChange={(event) => onChange({ status: event.target.value as Filters['status'] })}
        >
          <option value="">{adminWords.parts.all}</option>
          {states.map((state) => (
            <option key={state} value={state}>
              {words.states[state]}
            </option>
          ))}
        </select>
      </label>
      <label className={parts.filter}>
        {words.model}
        <select
          className={controls.field}
          value={filters.model}
          onChange={(event) => onChange({ model: event.target.value })}
        >
          <option value="">{adminWords.parts.all}</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label className={parts.filter}>
        {words.code}
        <select
          className={controls.field}
          value={filters.code}
          onChange={(event) => onChange({ code: event.target.value })}
        >
          <option value="">{adminWords.parts.all}</option>
          {codes.map((code) => (
            <option key={code}>{code}</option>
          ))}
        </select>
      </label>
      <TextFilter label={words.search} value={filters.search} onChange={(search) => onChange({ search })} />
      {(['owner', 'worker'] as const).map(
        (name) =>
          filters[name] && (
            <button key={name} type="button" className={controls.chip} onClick={() => onChange({ [name]: '' })}>
              {words[name]}: <code className={parts.code}>{filters[name]}</code> ✕
              <span className="hidden">{words.without}</span>
            </button>
          ),
      )}
    </search>
  )
}
