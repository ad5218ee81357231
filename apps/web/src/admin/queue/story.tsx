import type { GenerationAttempt, GenerationStory } from '@atelier/client'
import { useQuery } from '@tanstack/react-query'
import { ArrowLeft } from 'lucide-react'
import { Link } from 'wouter'
import { basePath } from '../../app/address.js'
import { adminWords } from '../../messages/admin-words.js'
import { ActionTable } from '../parts/action-table.js'
import { Badge, type Tone } from '../parts/badge.js'
import { Facts } from '../parts/facts.js'
import { Loaded } from '../parts/loaded.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Progress } from '../parts/progress.js'
import { Table, type Column } from '../parts/table.js'
import { Ago, Moment } from '../parts/time.js'
import { lengthOf } from '../parts/times.js'
import { pathOfPlace } from '../place.js'
import { useLiveStep } from '../server/live.js'
import { admin, adminKeys } from '../server/queries.js'
import { GenerationActions } from './generation-actions.js'
import styles from './queue.module.css'
import { StateBadge } from './state-badge.js'

const { queue: words } = adminWords

/** Everything that is known of one generation. */
export function Story({ id }: { id: string }) {
  const query = useQuery({
    queryKey: adminKeys.story(id),
    queryFn: ({ signal }) => admin.generation(id, { signal }),
  })
  return (
    <>
      <p>
        <Link href={pathOfPlace('queue')} className={parts.back}>
          <ArrowLeft size={16} aria-hidden /> {words.back}
        </Link>
      </p>
      <Loaded query={query}>{(story) => <Told {...story} />}</Loaded>
    </>
  )
}

function Told(story: GenerationStory) {
  const { generation, instruction, attempts, events, actions } = story
  const { id, status, attempt, step, steps, error, images } = generation
  const live = useLiveStep(id, attempt)
  const at = Math.max(step, live ?? 0)
  return (
    <>
      <Panel
        title={id}
        actions={
          <>
            <StateBadge {...generation} />
            <GenerationActions generation={generation} />
          </>
        }
      >
        <p className={styles.instruction} dir="auto">
          {instruction}
        </p>
        {error && (
          <p className={styles.error}>
            <code className={parts.code}>{error.code}</code> {error.message}
          </p>
        )}
        {generation.poison && <p>{words.poisonText(attempts.filter(({ outcome }) => outcome === 'lost').length)}</p>}
        {status === 'running' && (
          <Progress label={words.running} value={at} of={steps}>
            {words.step(at, steps)} · {words.attempt(attempt)}
          </Progress>
        )}
        <About {...story} />
        {images.length > 0 && (
          <ul className={styles.pictures}>
            {images.map((image) => (
              <li key={image.id}>
                <a href={image.url} target="_blank" rel="noreferrer">
                  <img src={image.thumbnailUrl} alt={words.picture(image.id)} loading="lazy" />
                </a>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title={words.attempts} flush>
        <Attempts attempts={attempts} />
      </Panel>
      <Panel title={words.events} flush>
        {events.length ? (
          <Table label={words.events} rows={events} keyOf={({ seq }) => String(seq)} columns={eventColumns} />
        ) : (
          <p className={parts.empty}>{words.noEvents}</p>
        )}
      </Panel>
      <Panel title={words.seen}>
        <Seen {...story} />
      </Panel>
      {Object.keys(generation.timings).length > 0 && (
        <Panel title={words.stages}>
          <Facts
            of={Object.entries(generation.timings).map(([name, value]) => [
              name.replace(/Ms$/, ''),
              name.endsWith('Ms') ? lengthOf(value / 1000) : String(value),
            ])}
          />
        </Panel>
      )}
      {actions.length > 0 && (
        <Panel title={words.operators} flush>
          <ActionTable label={words.operators} rows={actions} />
        </Panel>
      )}
    </>
  )
}

const eventColumns: Column<GenerationStory['events'][number]>[] = [
  { name: words.time, head: true, cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { name: words.event, cell: ({ type }) => <code className={parts.code}>{type}</code> },
  { name: words.attemptName, number: true, cell: (event) => event.attempt ?? adminWords.parts.none },
  { name: words.error, cell: (event) => event.error?.message ?? '' },
]

function About({ generation, ownerName, sessionTitle, retries }: GenerationStory) {
  const { createdAt, queuedAt, startedAt, finishedAt, retryOf, position, etaSeconds, workerId, sessionId } = generation
  const link = (id: string) => (
    <Link key={id} href={pathOfPlace('queue', id)} className={parts.code}>
      {id}
    </Link>
  )
  const seconds = (from: string, to: string) => lengthOf((Date.parse(to) - Date.parse(from)) / 1000)
  return (
    <Facts
      of={[
        [
          words.owner,
          <Link key="owner" href={pathOfPlace('owners', generation.ownerId)}>
            {ownerName}
          </Link>,
        ],
        [
          words.session,
          <a key="session" href={`${basePath}/c/${sessionId}/t/${generation.turnId}`} dir="auto">
            {sessionTitle ?? sessionId}
          </a>,
        ],
        [words.model, generation.model],
        [words.priority, words.priorities[generation.priority]],
        [words.place, position === null ? null : words.ahead(position)],
        [words.eta, etaSeconds === null ? null : lengthOf(etaSeconds)],
        [words.created, <Moment key="created" at={createdAt} />],
        [words.queued, <Ago key="queued" at={queuedAt} />],
        [words.waited, startedAt ? seconds(queuedAt < startedAt ? queuedAt : createdAt, startedAt) : null],
        [words.took, startedAt && finishedAt ? seconds(startedAt, finishedAt) : null],
        [
          words.worker,
          workerId && (
            <Link href={`${pathOfPlace('queue')}?worker=${workerId}`} className={parts.code}>
              {workerId}
            </Link>
          ),
        ],
        [words.device, generation.device],
        [words.seed, String(generation.seed)],
        [words.size, `${generation.parameters.width} × ${generation.parameters.height}`],
        [words.steps, String(generation.steps)],
        [words.lost, generation.lostAttempts ? String(generation.lostAttempts) : null],
        [words.repeats, retryOf && link(retryOf)],
        [words.repeatedBy, retries.length ? <span className={parts.stack}>{retries.map(link)}</span> : null],
        [words.parkedSince, generation.parkedAt && <Ago at={generation.parkedAt} />],
      ]}
    />
  )
}

const outcomes: Record<GenerationAttempt['outcome'], Tone> = {
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'still',
  elsewhere: 'warn',
  released: 'still',
  lost: 'bad',
}

const attemptColumns: Column<GenerationAttempt>[] = [
  { name: words.attemptName, head: true, cell: ({ attempt }) => attempt },
  {
    name: words.outcome,
    cell: ({ outcome }) => <Badge tone={outcomes[outcome]}>{words.outcomes[outcome]}</Badge>,
  },
  { name: words.worker, cell: ({ workerId }) => workerId && <code className={parts.code}>{workerId}</code> },
  { name: words.started, cell: ({ startedAt }) => <Moment at={startedAt} /> },
  {
    name: words.took,
    number: true,
    cell: ({ startedAt, endedAt }) =>
      endedAt ? lengthOf((Date.parse(endedAt) - Date.parse(startedAt)) / 1000) : adminWords.parts.none,
  },
  { name: words.error, cell: ({ error }) => error && `${error.code}: ${error.message}` },
]

function Attempts({ attempts }: { attempts: GenerationAttempt[] }) {
  if (attempts.length === 0) return <p className={parts.empty}>{words.noAttempts}</p>
  return (
    <Table label={words.attempts} rows={attempts} keyOf={({ attempt }) => String(attempt)} columns={attemptColumns} />
  )
}

/** The LCU: what the model saw, oldest turn first. */
function Seen({ generation: { lcu, historyDropped } }: GenerationStory) {
  return (
    <>
      <ol className={styles.lcu}>
        {lcu.map(({ turnId, instruction, images, truncated }) => (
          <li key={turnId}>
            <p dir="auto">{instruction || words.noText}</p>
            <p className={`${parts.small} ${parts.soft}`}>
              {turnId}
              {images.map(({ imageId, indicator, maskId }) => (
                <span key={indicator}>
                  {' · '}
                  {indicator} = {imageId}
                  {maskId && ` (${words.mask} ${maskId})`}
                </span>
              ))}
              {truncated && ` · ${words.truncated}`}
            </p>
          </li>
        ))}
      </ol>
      {historyDropped.length > 0 && <p>{words.dropped(historyDropped.length)}</p>}
    </>
  )
}
