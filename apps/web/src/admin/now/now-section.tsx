import type { AdminHealth, HealthPart, Stats, WorkSummary } from '@atelier/client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { Part } from '../../app/part.js'
import { useStore } from '../../app/external-store.js'
import { lazyPart } from '../../app/lazy-part.js'
import { numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { Badge } from '../parts/badge.js'
import { Choice } from '../parts/choice.js'
import { Loaded } from '../parts/loaded.js'
import { Panel } from '../parts/panel.js'
import { Ago, Lasting } from '../parts/time.js'
import { lengthOf } from '../parts/times.js'
import { pathOfPlace } from '../place.js'
import { liveState } from '../server/live.js'
import { admin, adminKeys, useHealth, useWorkers } from '../server/queries.js'
import styles from './now.module.css'

const { now } = adminWords

const Charts = lazyPart(() => import('./charts.js'))

/** Is it healthy, and if not, what is to be done? */
export function NowSection() {
  return (
    <>
      <Loaded query={useHealth()}>
        {(health) => (
          <>
            <Verdict {...health} />
            {health.work && <Work {...health.work} />}
            <Parts parts={health.parts} />
          </>
        )}
      </Loaded>
      <Times />
    </>
  )
}

const signs = { ok: CircleCheck, degraded: TriangleAlert, unavailable: CircleAlert } as const

function Verdict({ status, summary, checkedAt }: AdminHealth) {
  const Sign = signs[status]
  const live = useStore(liveState, (state) => state === 'live')
  return (
    <section className={styles.verdict} data-status={status} aria-label={now.verdict}>
      <Sign size={28} aria-hidden />
      <p role="status">{summary}</p>
      {/* As long as events arrive it is as it is said. */}
      {!live && (
        <p className={styles.checked}>
          {now.checked} <Ago at={checkedAt} />
        </p>
      )}
    </section>
  )
}

function Work(work: WorkSummary) {
  const queue = pathOfPlace('queue')
  const tiles: [name: string, value: string, href: string | null, bad?: boolean][] = [
    [now.waiting, numberOf(work.waiting), `${queue}?status=queued`],
    [now.running, numberOf(work.running), `${queue}?status=running`],
    [now.parked, numberOf(work.parked), `${queue}?status=parked`],
    [now.failedLastHour, numberOf(work.failedLastHour), `${queue}?status=failed`, work.failedLastHour > 0],
    [now.oldest, work.oldestWaitSeconds === null ? now.nobodyWaits : lengthOf(work.oldestWaitSeconds), null],
    [now.perMinute, numberOf(Math.round(work.perMinute * 10) / 10), null],
    [now.succeededLastHour, numberOf(work.succeededLastHour), null],
  ]
  return (
    <dl className={styles.tiles}>
      {tiles.map(([name, value, href, bad]) => (
        <div key={name} data-bad={bad || undefined}>
          <dt>{name}</dt>
          <dd className="numbers">{href ? <Link href={href}>{value}</Link> : value}</dd>
        </div>
      ))}
    </dl>
  )
}

const tones = { ok: 'good', degraded: 'warn', down: 'bad' } as const

function Parts({ parts }: { parts: HealthPart[] }) {
  const workers = useWorkers().data?.data
  const nameOf = (id: string) => {
    const worker = workers?.find((one) => one.id === id)
    return worker ? now.workerOn(worker.hostname, worker.device) : now.partNames.worker(id)
  }
  return (
    <Panel title={now.parts} flush>
      <ul className={styles.parts}>
        {parts.map((part) => (
          <li key={`${part.kind} ${part.name}`} data-status={part.status}>
            <span className={styles.part}>
              {part.kind === 'worker' ? (
                <Link href={pathOfPlace('workers')}>{nameOf(part.name)}</Link>
              ) : part.kind === 'model' ? (
                now.partNames.model(part.name)
              ) : (
                now.partNames[part.kind]
              )}
            </span>
            <Badge tone={tones[part.status]}>{now.partStatuses[part.status]}</Badge>
            <span className={styles.since}>
              {now.since} <Lasting since={part.since} />
            </span>
            {(part.reason ?? part.next) && (
              <p className={styles.why}>
                {part.reason} {part.next && <strong>{part.next}</strong>}
              </p>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** How soon the charts are read again, in milliseconds: a point is a minute or longer. */
const statsMs = 60_000

function Times() {
  const [window, setWindow] = useState<Stats['window']>('hour')
  const query = useQuery({
    queryKey: adminKeys.stats(window),
    queryFn: ({ signal }) => admin.stats(window, { signal }),
    refetchInterval: statsMs,
    placeholderData: keepPreviousData,
  })
  return (
    <Panel
      title={now.over}
      actions={<Choice label={now.window} options={now.windows} value={window} onChange={setWindow} />}
    >
      <Loaded query={query}>
        {(stats) => (
          <Part fallback={<div className={styles.chartsToCome} />}>
            <Charts {...stats} />
          </Part>
        )}
      </Loaded>
    </Panel>
  )
}
