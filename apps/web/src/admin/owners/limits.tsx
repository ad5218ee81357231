import type { OwnerDetail, UpdateLimits } from '@atelier/client'
import { useState } from 'react'
import { bytesOf, numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import controls from '../../theme/controls.module.css'
import { Ask } from '../parts/ask.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table, type Column } from '../parts/table.js'
import { admin } from '../server/queries.js'

const { owners: words } = adminWords

type Name = keyof OwnerDetail['limits']
const settable = ['waiting', 'running', 'sessions', 'turnsPerSession', 'images', 'bytes', 'keys'] as const
const isSettable = (name: Name): name is keyof UpdateLimits & Name => settable.some((one) => one === name)
const amountOf = (name: Name, value: number): string => (name === 'bytes' ? bytesOf(value) : numberOf(value))

/** What an owner may have and has; each limit can be set for this owner alone. */
export function Limits({ owner }: { owner: OwnerDetail }) {
  const [editing, setEditing] = useState<(keyof UpdateLimits & Name) | null>(null)
  const rows = (Object.keys(owner.limits) as Name[]).map((name) => ({ name, ...owner.limits[name] }))
  return (
    <Panel title={words.limits} flush>
      <Table label={words.limits} rows={rows} keyOf={({ name }) => name} columns={columnsOf(setEditing)} />
      {editing && <Edit owner={owner} name={editing} onClose={() => setEditing(null)} />}
    </Panel>
  )
}

interface Row {
  name: Name
  limit: number
  used: number
  own: number | null
}

const columnsOf = (onChange: (name: keyof UpdateLimits & Name) => void): Column<Row>[] => [
  { name: words.limit, head: true, cell: ({ name }) => words.limitNames[name] },
  { name: words.used, number: true, cell: ({ name, used }) => amountOf(name, used) },
  { name: words.most, number: true, cell: ({ name, limit }) => amountOf(name, limit) },
  { name: words.setBy, cell: ({ own }) => (own === null ? words.byServer : words.forOwner) },
  {
    name: adminWords.parts.actions,
    actions: true,
    cell: ({ name }) =>
      isSettable(name) && (
        <button
          type="button"
          className={controls.quiet}
          aria-label={words.changeOf(words.limitNames[name])}
          onClick={() => onChange(name)}
        >
          {words.change}
        </button>
      ),
  },
]

interface EditProps {
  owner: OwnerDetail
  name: keyof UpdateLimits & Name
  onClose(): void
}

function Edit({ owner, name, onClose }: EditProps) {
  const { own, limit, used, default: byServer } = owner.limits[name]
  const [isOwn, setIsOwn] = useState(own !== null)
  const [value, setValue] = useState(String(limit))
  return (
    <Ask
      title={words.limitTitle(words.limitNames[name], owner.name)}
      text={words.limitText(amountOf(name, used))}
      yes={words.save}
      fields={
        <div className={parts.fields}>
          <label className={parts.check}>
            <input type="radio" name="whose" checked={!isOwn} onChange={() => setIsOwn(false)} />
            {words.useDefault(amountOf(name, byServer))}
          </label>
          <label className={parts.check}>
            <input type="radio" name="whose" checked={isOwn} onChange={() => setIsOwn(true)} />
            {words.anotherLimit}
          </label>
          <label>
            {name === 'bytes' ? words.valueBytes : words.value}
            <input
              className={controls.field}
              type="number"
              min={0}
              step={1}
              max={Number.MAX_SAFE_INTEGER}
              required={isOwn}
              disabled={!isOwn}
              value={value}
              onChange={({ target }) => setValue(target.value)}
            />
          </label>
        </div>
      }
      run={() => admin.setLimits(owner.id, { [name]: isOwn ? Number(value) : null }).then(() => words.limitSaved)}
      onClose={onClose}
    />
  )
}
