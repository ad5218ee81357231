import type { AdminSession } from '@atelier/client'
import { Lock, LockOpen } from 'lucide-react'
import { useState } from 'react'
import { adminWords } from '../../messages/admin-words.js'
import controls from '../../theme/controls.module.css'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { Loaded } from '../parts/loaded.js'
import { OwnerLink } from '../parts/names.js'
import { More, usePages } from '../parts/pages.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table, type Column } from '../parts/table.js'
import { Ago } from '../parts/time.js'
import { admin } from '../server/queries.js'

const { owners: words } = adminWords

/** What {@link Sessions} lists. */
export interface SessionsProps {
  /** Those of this owner alone. */
  ownerId?: string
  /** Only those on hold. */
  held?: boolean
}

/** Conversations, and which of them are on hold. */
export function Sessions({ ownerId, held }: SessionsProps) {
  const pages = usePages(['sessions', ownerId, held], (page) => admin.sessions({ owner: ownerId, held }, page))
  const title = held ? words.heldSessions : words.sessions
  return (
    <Panel title={title} note={held ? words.heldNote : undefined} flush>
      <Loaded query={pages}>
        {(rows) =>
          rows.length ? (
            <Table
              label={title}
              rows={rows}
              columns={ownerId ? columns.filter((column) => column !== ownerColumn) : columns}
              keyOf={({ id }) => id}
            />
          ) : (
            <p className={parts.empty}>{held ? words.noneHeld : words.noSessions}</p>
          )
        }
      </Loaded>
      <More pages={pages} />
    </Panel>
  )
}

const ownerColumn: Column<AdminSession> = {
  name: words.owner,
  cell: ({ ownerId }) => <OwnerLink id={ownerId} />,
}

const columns: Column<AdminSession>[] = [
  {
    name: words.title,
    head: true,
    cell: ({ id, title }) => (
      <span className={parts.stack}>
        <span dir="auto">{title ?? words.untitled}</span>
        <code className={`${parts.code} ${parts.soft}`}>{id}</code>
      </span>
    ),
  },
  ownerColumn,
  {
    name: words.state,
    cell: ({ heldAt, holdReason }) =>
      heldAt && (
        <span className={parts.stack}>
          <span>
            <Badge tone="warn">{words.onHold}</Badge> <Ago at={heldAt} />
          </span>
          {holdReason && <span>{holdReason}</span>}
        </span>
      ),
  },
  { name: words.changed, number: true, cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
  {
    name: adminWords.parts.actions,
    actions: true,
    cell: (session) => <SessionAction session={session} />,
  },
]

function SessionAction({ session: { id, title, heldAt } }: { session: AdminSession }) {
  const [reason, setReason] = useState('')
  const name = title ?? words.untitled
  if (heldAt)
    return (
      <Action
        label={words.release}
        icon={LockOpen}
        kind="quiet"
        of={name}
        ask={{ title: words.releaseTitle(name), text: words.releaseText }}
        run={() => admin.releaseSession(id).then(() => words.released)}
      />
    )
  return (
    <Action
      label={words.hold}
      icon={Lock}
      kind="quiet"
      of={name}
      ask={{
        title: words.holdTitle(name),
        text: words.holdText,
        fields: (
          <div className={parts.fields}>
            <label>
              {words.reason}
              <input
                className={controls.field}
                value={reason}
                maxLength={500}
                onChange={({ target }) => setReason(target.value)}
              />
            </label>
          </div>
        ),
      }}
      run={() => admin.holdSession(id, reason.trim()).then(() => words.heldNow)}
    />
  )
}
