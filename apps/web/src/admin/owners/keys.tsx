import type { Key } from '@atelier/client'
import { CalendarX2, KeyRound, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { adminWords } from '../../messages/admin-words.js'
import controls from '../../theme/controls.module.css'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { Loaded } from '../parts/loaded.js'
import { More, usePages } from '../parts/pages.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table, type Column } from '../parts/table.js'
import { Ago, Moment } from '../parts/time.js'
import { admin, useMe } from '../server/queries.js'
import { EndKey, NewKey, RotateKey } from './new-key.js'

const { owners: words } = adminWords

/** The keys of an owner: to make, rotate and revoke. */
export function Keys({ ownerId }: { ownerId: string }) {
  const pages = usePages(['keys', ownerId], (page) => admin.keys({ owner: ownerId }, page))
  const [dialog, setDialog] = useState<{ what: 'new' } | { what: 'rotate' | 'end'; of: Key } | null>(null)
  const close = () => setDialog(null)
  return (
    <Panel
      title={words.keys}
      flush
      actions={
        <button type="button" className={controls.plain} onClick={() => setDialog({ what: 'new' })}>
          <KeyRound size={16} aria-hidden /> {words.newKey}
        </button>
      }
    >
      <Loaded query={pages}>
        {(rows) =>
          rows.length ? (
            <Table
              label={words.keys}
              rows={rows}
              columns={columnsOf((what, of) => setDialog({ what, of }))}
              keyOf={({ id }) => id}
            />
          ) : (
            <p className={parts.empty}>{words.noKeys}</p>
          )
        }
      </Loaded>
      <More pages={pages} />
      {dialog?.what === 'new' && <NewKey ownerId={ownerId} onClose={close} />}
      {dialog?.what === 'rotate' && <RotateKey of={dialog.of} onClose={close} />}
      {dialog?.what === 'end' && <EndKey of={dialog.of} onClose={close} />}
    </Panel>
  )
}

const isOver = ({ expiresAt }: Key) => expiresAt !== null && Date.parse(expiresAt) <= Date.now()
const holds = (key: Key) => key.revokedAt === null && !isOver(key)

const columnsOf = (onAsk: (what: 'rotate' | 'end', of: Key) => void): Column<Key>[] => [
  {
    name: words.name,
    head: true,
    cell: ({ name, hint }) => (
      <span className={parts.stack}>
        <span dir="auto">{name}</span>
        <code className={`${parts.code} ${parts.soft}`}>{hint}…</code>
      </span>
    ),
  },
  {
    name: words.state,
    cell: (key) =>
      key.revokedAt ? (
        <Badge tone="still">{words.revoked}</Badge>
      ) : isOver(key) ? (
        <Badge tone="still">{words.expired}</Badge>
      ) : (
        <Badge tone="good">{words.holds}</Badge>
      ),
  },
  { name: words.scopes, cell: ({ scopes }) => scopes.map((scope) => words.scopeNames[scope]).join(', ') },
  {
    name: words.lastUsed,
    number: true,
    cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : words.neverUsed),
  },
  { name: words.created, number: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
  {
    name: words.ends,
    number: true,
    cell: ({ expiresAt, revokedAt }) =>
      (revokedAt ?? expiresAt) ? <Moment at={(revokedAt ?? expiresAt)!} /> : words.never,
  },
  {
    name: adminWords.parts.actions,
    actions: true,
    cell: (key) => holds(key) && <KeyActions of={key} onAsk={(what) => onAsk(what, key)} />,
  },
]

function KeyActions({ of, onAsk }: { of: Key; onAsk(what: 'rotate' | 'end'): void }) {
  const { data: me } = useMe()
  const mine = me?.key.id === of.id
  return (
    <span className={parts.actions}>
      <button
        type="button"
        className={controls.quiet}
        aria-label={words.rotateOf(of.name)}
        onClick={() => onAsk('rotate')}
      >
        <RotateCcw size={16} aria-hidden /> {words.rotate}
      </button>
      <button type="button" className={controls.quiet} aria-label={words.endOf(of.name)} onClick={() => onAsk('end')}>
        <CalendarX2 size={16} aria-hidden /> {words.end}
      </button>
      <Action
        label={words.revoke}
        icon={Trash2}
        kind="quiet"
        of={of.name}
        ask={{
          title: words.revokeTitle(of.name),
          text: mine ? words.revokeOwnText : words.revokeText,
          danger: true,
        }}
        run={() => admin.revokeKey(of.id).then(() => words.revokedNow(of.name))}
      />
    </span>
  )
}
