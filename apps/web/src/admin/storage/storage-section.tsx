import type { ObjectSweep, Owner } from '@atelier/client'
import { useQuery } from '@tanstack/react-query'
import { Search, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { bytesOf, numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { Action } from '../parts/action.js'
import { Facts } from '../parts/facts.js'
import { Loaded } from '../parts/loaded.js'
import { More, usePages } from '../parts/pages.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table, type Column } from '../parts/table.js'
import { Ago } from '../parts/time.js'
import { pathOfPlace } from '../place.js'
import { admin } from '../server/queries.js'

const { storage: words } = adminWords
const kinds = ['generated', 'uploaded', 'mask'] as const

/** How much is stored, by whom, for how long, and what nobody needs. */
export default function StorageSection() {
  const query = useQuery({ queryKey: ['admin', 'storage'], queryFn: ({ signal }) => admin.storage({ signal }) })
  return (
    <>
      <Loaded query={query}>
        {({ kinds, retention }) => (
          <>
            <Panel title={words.stored}>
              <Facts
                of={[
                  ...kinds.map(
                    ({ kind, images, bytes }) =>
                      [words.kinds[kind], words.amount(numberOf(images), bytesOf(bytes))] as const,
                  ),
                  [words.total, bytesOf(kinds.reduce((sum, { bytes }) => sum + bytes, 0))],
                ]}
              />
            </Panel>
            <Panel title={words.retention} note={words.retentionNote}>
              <Facts
                of={[
                  [
                    words.sessionsAre,
                    retention.retentionDays === 0 ? words.keptForGood : words.keptFor(retention.retentionDays),
                  ],
                  [words.housekeeping, words.modes[retention.mode]],
                  [words.lastRun, retention.lastRunAt ? <Ago at={retention.lastRunAt} /> : words.never],
                ]}
              />
            </Panel>
          </>
        )}
      </Loaded>
      <Orphans />
      <ByOwner />
    </>
  )
}

/** Files that no row refers to: they are looked for first, and deleted only when told so. */
function Orphans() {
  const [found, setFound] = useState<ObjectSweep | null>(null)
  return (
    <Panel
      title={words.orphans}
      note={words.orphansNote}
      actions={
        <>
          <Action
            label={words.look}
            icon={Search}
            run={async () => {
              setFound(await admin.sweep(true))
            }}
          />
          {found && found.orphans > 0 && (
            <Action
              label={words.deleteOrphans}
              icon={Trash2}
              ask={{
                title: words.deleteTitle(numberOf(found.orphans)),
                text: words.deleteText(bytesOf(found.bytes)),
                danger: true,
              }}
              run={async () => {
                const { deleted } = await admin.sweep(false)
                setFound(null)
                return words.deleted(numberOf(deleted))
              }}
            />
          )}
        </>
      }
    >
      <p role="status">
        {found === null
          ? words.notLooked
          : found.orphans === 0
            ? words.noOrphans(numberOf(found.objects))
            : words.found(numberOf(found.orphans), bytesOf(found.bytes), numberOf(found.objects))}
      </p>
      {found && found.keys.length > 0 && (
        <details>
          <summary>{words.showKeys(found.keys.length)}</summary>
          <ul>
            {found.keys.map((key) => (
              <li key={key}>
                <code className={parts.code}>{key}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  )
}

function ByOwner() {
  const pages = usePages(['owners', ''], (page) => admin.owners({}, page))
  return (
    <Panel title={words.byOwner} flush>
      <Loaded query={pages}>
        {(rows) => <Table label={words.byOwner} rows={rows} columns={columns} keyOf={({ id }) => id} />}
      </Loaded>
      <More pages={pages} />
    </Panel>
  )
}

const columns: Column<Owner>[] = [
  {
    name: adminWords.owners.name,
    head: true,
    cell: ({ id, name }) => (
      <Link href={pathOfPlace('owners', id)} dir="auto">
        {name}
      </Link>
    ),
  },
  ...kinds.map((kind): Column<Owner> => ({
    name: words.kinds[kind],
    number: true,
    cell: ({ storage }) => {
      const of = storage.find((one) => one.kind === kind)
      return of ? words.amount(numberOf(of.images), bytesOf(of.bytes)) : adminWords.parts.none
    },
  })),
  {
    name: words.total,
    number: true,
    cell: ({ storage }) => bytesOf(storage.reduce((sum, { bytes }) => sum + bytes, 0)),
  },
]
