import type { Worker } from '@atelier/client'
import { Pause, Play, RotateCcw } from 'lucide-react'
import { Link } from 'wouter'
import { bytesOf, numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { Action } from '../parts/action.js'
import { Badge, type Tone } from '../parts/badge.js'
import { Facts } from '../parts/facts.js'
import { Loaded } from '../parts/loaded.js'
import { Panel } from '../parts/panel.js'
import { Progress } from '../parts/progress.js'
import parts from '../parts/parts.module.css'
import { Ago, Lasting } from '../parts/time.js'
import { pathOfPlace } from '../place.js'
import { useLiveStep } from '../server/live.js'
import { admin, useWorkers } from '../server/queries.js'

const { workers } = adminWords

const tones: Record<Worker['state'], Tone> = {
  loading: 'busy',
  ready: 'good',
  busy: 'busy',
  unhealthy: 'bad',
  draining: 'warn',
  drained: 'warn',
  stopping: 'warn',
  lost: 'bad',
}

/** Every worker: what it is, what it does, and what can be asked of it. */
export default function WorkersSection() {
  return (
    <Loaded query={useWorkers()}>
      {({ data }) =>
        data.length ? (
          data.map((worker) => <WorkerPanel key={worker.id} worker={worker} />)
        ) : (
          <p className={parts.empty}>{workers.none}</p>
        )
      }
    </Loaded>
  )
}

function WorkerPanel({ worker }: { worker: Worker }) {
  const { id, state, loading, unhealthyReason, deviceFallback, stateSince } = worker
  return (
    <Panel
      title={workers.title(worker.hostname, worker.device)}
      actions={
        <>
          <Badge tone={tones[state]}>
            {workers.states[state]}
            {stateSince && (
              <>
                {' '}
                {workers.for} <Lasting since={stateSince} />
              </>
            )}
          </Badge>
          {state !== 'lost' && <Actions worker={worker} />}
        </>
      }
    >
      {unhealthyReason && (
        <p>
          <strong>{workers.unhealthy}</strong> {unhealthyReason}
        </p>
      )}
      {deviceFallback && <p className={parts.soft}>{workers.fallback(deviceFallback)}</p>}
      {state === 'lost' && <p>{workers.lostText}</p>}
      {worker.restarting && <p>{workers.restarting}</p>}
      {worker.drain && state !== 'draining' && state !== 'drained' && state !== 'lost' && <p>{workers.willDrain}</p>}
      {loading && (
        <Progress label={workers.loading(loading.model, loading.part)} value={loading.share} of={1}>
          {workers.share(Math.round(loading.share * 100))}
        </Progress>
      )}
      {worker.generations.map((generation) => (
        <Current key={generation.id} {...generation} />
      ))}
      <Facts
        of={[
          [workers.facts.device, worker.device],
          [workers.facts.models, worker.models.join(', ')],
          [workers.facts.atOnce, numberOf(worker.batchSize)],
          [workers.facts.memory, worker.memoryBytes === null ? null : bytesOf(worker.memoryBytes)],
          [workers.facts.version, worker.version],
          [workers.facts.uptime, state === 'lost' ? null : <Lasting key="up" since={worker.startedAt} />],
          [workers.facts.lastSeen, <Ago key="seen" at={worker.lastSeenAt} />],
          [workers.facts.process, `${worker.hostname}, ${worker.pid}`],
          [
            workers.facts.id,
            <code key="id" className={parts.code}>
              {id}
            </code>,
          ],
          [
            workers.facts.work,
            <Link key="work" href={`${pathOfPlace('queue')}?worker=${id}`}>
              {workers.itsWork}
            </Link>,
          ],
        ]}
      />
    </Panel>
  )
}

function Actions({ worker: { id, hostname, drain, restarting, generations } }: { worker: Worker }) {
  return (
    <>
      {drain ? (
        <Action
          label={workers.undrain}
          icon={Play}
          of={hostname}
          run={() => admin.tellWorker(id, 'undrain').then(() => workers.undrained)}
        />
      ) : (
        <Action
          label={workers.drain}
          icon={Pause}
          of={hostname}
          ask={{ title: workers.drainTitle(hostname), text: workers.drainText }}
          run={() => admin.tellWorker(id, 'drain').then(() => workers.drained)}
        />
      )}
      <Action
        label={workers.restart}
        icon={RotateCcw}
        of={hostname}
        disabled={restarting}
        ask={{
          title: workers.restartTitle(hostname),
          text: generations.length ? workers.restartBusyText : workers.restartText,
          danger: generations.length > 0,
        }}
        run={() => admin.tellWorker(id, 'restart').then(() => workers.restarted)}
      />
    </>
  )
}

function Current({ id, model, attempt, step, steps, startedAt }: Worker['generations'][number]) {
  const live = useLiveStep(id, attempt)
  const at = Math.max(step, live ?? 0)
  return (
    <Progress
      label={
        <>
          {workers.makes} <Link href={pathOfPlace('queue', id)}>{id}</Link> {workers.with(model)}
        </>
      }
      value={at}
      of={steps}
    >
      {workers.step(at, steps)} · {workers.attempt(attempt)} · <Lasting since={startedAt} />
    </Progress>
  )
}
