import type { AdminAction } from '@atelier/client'
import { Link } from 'wouter'
import { adminWords } from '../../messages/admin-words.js'
import { pathOfPlace } from '../place.js'
import { Badge } from './badge.js'
import { KeyLink } from './names.js'
import styles from './parts.module.css'
import { Table, type Column } from './table.js'
import { Moment } from './time.js'

const { audit } = adminWords

const columns: Column<AdminAction>[] = [
  { name: audit.time, head: true, cell: ({ createdAt }) => <Moment at={createdAt} /> },
  {
    name: audit.what,
    cell: ({ action, target }) => (
      <span className={styles.stack}>
        <Link href={`${pathOfPlace('audit')}?action=${encodeURIComponent(action)}`} className={styles.code}>
          {action}
        </Link>
        {target && <code className={`${styles.code} ${styles.soft}`}>{target}</code>}
      </span>
    ),
  },
  {
    name: audit.body,
    cell: ({ body }) =>
      body === null || body === undefined ? '' : <code className={styles.json}>{JSON.stringify(body)}</code>,
  },
  {
    name: audit.who,
    cell: ({ keyId, address }) => (
      <span className={styles.stack}>
        <KeyLink id={keyId} />
        <span className={`${styles.small} ${styles.soft}`}>{address}</span>
      </span>
    ),
  },
  {
    name: audit.result,
    cell: ({ status }) =>
      status === null ? (
        <Badge tone="warn">{audit.unknown}</Badge>
      ) : (
        <Badge tone={status < 400 ? 'good' : 'bad'}>
          {status < 400 ? audit.done : audit.refused} ({status})
        </Badge>
      ),
  },
]

/** What operators have done. */
export const ActionTable = ({ label, rows }: { label: string; rows: readonly AdminAction[] }) => (
  <Table label={label} rows={rows} columns={columns} keyOf={({ id }) => id} />
)
