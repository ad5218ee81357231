import type { AdminWebhook, Delivery } from '@atelier/client'
import { Send } from 'lucide-react'
import { useState } from 'react'
import { numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { Action } from '../parts/action.js'
import { Badge, type Tone } from '../parts/badge.js'
import { Choice } from '../parts/choice.js'
import { Facts } from '../parts/facts.js'
import { Loaded } from '../parts/loaded.js'
import { OwnerLink } from '../parts/names.js'
import { More, usePages } from '../parts/pages.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table, type Column } from '../parts/table.js'
import { Ago, Lasting } from '../parts/time.js'
import { admin } from '../server/queries.js'

const { webhooks: words } = adminWords

/** Where messages go, which of them do not arrive, and sending those again. */
export default function WebhooksSection() {
  const [which, setWhich] = useState<'failing' | 'all'>('failing')
  const pages = usePages(['webhooks', which], (page) =>
    admin.webhooks(which === 'failing' ? { failing: true } : {}, page),
  )
  return (
    <>
      <div className={parts.actions}>
        <Choice label={words.which} options={words.choices} value={which} onChange={setWhich} />
      </div>
      <Loaded query={pages}>
        {(rows) =>
          rows.length ? (
            rows.map((webhook) => <WebhookPanel key={webhook.id} webhook={webhook} />)
          ) : (
            <p className={parts.empty}>{which === 'failing' ? words.noneFailing : words.none}</p>
          )
        }
      </Loaded>
      <More pages={pages} />
    </>
  )
}

function WebhookPanel({ webhook }: { webhook: AdminWebhook }) {
  const { id, url, ownerId, enabled, disabledReason, failingSince, pending, failed, lastStatus, lastError } = webhook
  const [open, setOpen] = useState(false)
  return (
    <Panel
      title={url}
      actions={
        !enabled ? (
          <Badge tone={disabledReason ? 'bad' : 'still'}>{words.disabled}</Badge>
        ) : failingSince ? (
          <Badge tone="bad">
            {words.failing} <Lasting since={failingSince} />
          </Badge>
        ) : (
          <Badge tone="good">{words.works}</Badge>
        )
      }
    >
      {disabledReason && <p>{disabledReason}</p>}
      <Facts
        of={[
          [words.owner, <OwnerLink key="owner" id={ownerId} />],
          [words.about, webhook.turnId ?? words.everything],
          [words.description, webhook.description],
          [words.pending, numberOf(pending)],
          [words.givenUp, numberOf(failed)],
          [words.lastAnswer, lastStatus === null ? null : String(lastStatus)],
          [words.lastError, lastError],
          [words.events, webhook.events.join(', ')],
        ]}
      />
      <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>{words.messages}</summary>
        {open && <Deliveries webhookId={id} />}
      </details>
    </Panel>
  )
}

const tones: Record<Delivery['status'], Tone> = { pending: 'busy', delivered: 'good', failed: 'bad' }

function Deliveries({ webhookId }: { webhookId: string }) {
  const [status, setStatus] = useState<Delivery['status']>('failed')
  const pages = usePages(['deliveries', webhookId, status], (page) => admin.deliveries(webhookId, { status }, page))
  return (
    <div className={parts.fields}>
      <div className={parts.actions}>
        <Choice label={words.status} options={words.statuses} value={status} onChange={setStatus} />
      </div>
      <Loaded query={pages}>
        {(rows) =>
          rows.length ? (
            <Table label={words.messages} rows={rows} columns={columns} keyOf={({ id }) => id} />
          ) : (
            <p className={parts.empty}>{words.noMessages}</p>
          )
        }
      </Loaded>
      <More pages={pages} />
    </div>
  )
}

const columns: Column<Delivery>[] = [
  { name: words.message, head: true, cell: ({ id }) => <code className={parts.code}>{id}</code> },
  { name: words.event, cell: ({ type }) => <code className={parts.code}>{type}</code> },
  { name: words.status, cell: ({ status }) => <Badge tone={tones[status]}>{words.statuses[status]}</Badge> },
  { name: words.attempts, number: true, cell: ({ attempts }) => attempts },
  {
    name: words.lastAnswer,
    cell: ({ lastStatus, lastError }) => [lastStatus, lastError].filter((part) => part !== null).join(' · '),
  },
  { name: words.created, number: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
  {
    name: words.next,
    number: true,
    cell: ({ nextAttemptAt }) => (nextAttemptAt ? <Ago at={nextAttemptAt} /> : adminWords.parts.none),
  },
  {
    name: adminWords.parts.actions,
    actions: true,
    cell: ({ id, webhookId }) => (
      <Action
        label={words.replay}
        icon={Send}
        kind="quiet"
        of={id}
        run={() => admin.replay(webhookId, id).then(() => words.replayed)}
      />
    ),
  },
]
