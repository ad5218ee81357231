import type { Owner } from '@atelier/client'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { bytesOf, numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import controls from '../../theme/controls.module.css'
import { Loaded } from '../parts/loaded.js'
import { More, usePages } from '../parts/pages.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table, type Column } from '../parts/table.js'
import { TextFilter } from '../parts/text-filter.js'
import { Ago } from '../parts/time.js'
import { pathOfPlace } from '../place.js'
import { admin } from '../server/queries.js'
import { NewKey } from './new-key.js'
import { OwnerPage } from './owner-page.js'
import { Sessions } from './sessions.js'

const { owners: words } = adminWords

/** Who uses this server, or one of them. */
export default function OwnersSection({ id }: { id: string | null }) {
  if (id) return <OwnerPage id={id} />
  return (
    <>
      <OwnerList />
      <Sessions held />
    </>
  )
}

function OwnerList() {
  const [params, setParams] = useSearchParams()
  const search = params.get('search') ?? ''
  const pages = usePages(['owners', search], (page) =>
    admin.owners(search.trim() ? { search: search.trim() } : {}, page),
  )
  const [creating, setCreating] = useState(false)
  return (
    <Panel
      title={words.owners}
      flush
      actions={
        <button type="button" className={controls.plain} onClick={() => setCreating(true)}>
          <KeyRound size={16} aria-hidden /> {words.newOwner}
        </button>
      }
    >
      <search className={parts.filters}>
        <TextFilter
          label={words.search}
          value={search}
          onChange={(text) => setParams(text ? { search: text } : {}, { replace: true })}
        />
      </search>
      <Loaded query={pages}>
        {(rows) =>
          rows.length ? (
            <Table label={words.owners} rows={rows} columns={columns} keyOf={({ id }) => id} />
          ) : (
            <p className={parts.empty}>{words.noneMatch}</p>
          )
        }
      </Loaded>
      <More pages={pages} />
      {creating && <NewKey onClose={() => setCreating(false)} />}
    </Panel>
  )
}

const columns: Column<Owner>[] = [
  {
    name: words.name,
    head: true,
    cell: ({ id, name }) => (
      <Link href={pathOfPlace('owners', id)} dir="auto">
        {name}
      </Link>
    ),
  },
  { name: words.keys, number: true, cell: ({ keys }) => numberOf(keys) },
  { name: words.sessions, number: true, cell: ({ sessions }) => numberOf(sessions) },
  { name: words.held, number: true, cell: ({ heldSessions }) => numberOf(heldSessions) },
  { name: words.waiting, number: true, cell: ({ waiting }) => numberOf(waiting) },
  { name: words.running, number: true, cell: ({ running }) => numberOf(running) },
  { name: words.succeeded, number: true, cell: ({ succeeded }) => numberOf(succeeded) },
  { name: words.failed, number: true, cell: ({ failed }) => numberOf(failed) },
  {
    name: words.stored,
    number: true,
    cell: ({ storage }) => bytesOf(storage.reduce((sum, { bytes }) => sum + bytes, 0)),
  },
  {
    name: words.limits,
    cell: ({ ownLimits }) => (ownLimits.length ? words.ownLimits(ownLimits.length) : words.defaultLimits),
  },
  { name: words.since, number: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
]
