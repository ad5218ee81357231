import type { ModelLane, OwnerLane, QueueState } from '@atelier/client'
import { useQuery } from '@tanstack/react-query'
import { Pause, Play } from 'lucide-react'
import { Link } from 'wouter'
import { numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { Loaded } from '../parts/loaded.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Table, type Column } from '../parts/table.js'
import { lengthOf } from '../parts/times.js'
import { pathOfPlace } from '../place.js'
import { admin, useQueue } from '../server/queries.js'

const { queue: words } = adminWords
/** Owners that are listed; those with most waiting come first. */
const shownOwners = 20

/** What waits and runs, by model and by owner, each by class. */
export function Lanes() {
  const owners = useQuery({
    queryKey: ['admin', 'queue-owners'],
    queryFn: ({ signal }) => admin.queueOwners(shownOwners, { signal }),
  })
  const queue = useQueue()
  // That nothing waits and nothing runs has been said above.
  const idle = queue.data?.lanes.length === 0 && queue.data.pausedModels.length === 0 && owners.data?.total === 0
  if (idle) return null
  return (
    <>
      <Panel title={words.byModel} flush>
        <Loaded query={queue}>{(state) => <ByModel {...state} />}</Loaded>
      </Panel>
      <Panel title={words.byOwner} flush>
        <Loaded query={owners}>
          {({ data, total }) => (
            <>
              <LaneTable
                label={words.byOwner}
                rows={data}
                keyOf={({ ownerId, priority }) => ownerId + priority}
                first={ownerColumn}
              />
              {total > data.length && <p className={parts.empty}>{words.moreOwners(total - data.length)}</p>}
            </>
          )}
        </Loaded>
      </Panel>
    </>
  )
}

const ownerColumn: Column<OwnerLane> = {
  name: words.owner,
  head: true,
  cell: ({ ownerId, name }) => <Link href={pathOfPlace('owners', ownerId)}>{name}</Link>,
}

function ByModel({ lanes, pausedModels, paused }: QueueState) {
  const pausedNames = new Set(pausedModels.map(({ model }) => model))
  // One that is paused and has nothing to do is listed as well, so that it can be resumed.
  const idle = pausedModels.filter(({ model }) => lanes.every((lane) => lane.model !== model))
  const empty = { priority: 'interactive', waiting: 0, parked: 0, running: 0, oldestWaitSeconds: null } as const
  const rows: ModelLane[] = [...lanes, ...idle.map(({ model }) => ({ ...empty, model }))]
  const firstOf = new Map<string, ModelLane>()
  for (const row of rows) if (!firstOf.has(row.model)) firstOf.set(row.model, row)
  return (
    <LaneTable
      label={words.byModel}
      rows={rows}
      keyOf={({ model, priority }) => model + priority}
      first={modelColumn(pausedNames)}
      last={actionColumn(new Set(firstOf.values()), pausedNames, paused)}
    />
  )
}

const modelColumn = (pausedModels: ReadonlySet<string>): Column<ModelLane> => ({
  name: words.model,
  head: true,
  cell: ({ model }) => (
    <>
      {model} {pausedModels.has(model) && <Badge tone="warn">{words.paused}</Badge>}
    </>
  ),
})

/** A model is paused with both its classes: the button stands in the first line of each. */
const actionColumn = (
  firsts: ReadonlySet<ModelLane>,
  pausedModels: ReadonlySet<string>,
  paused: boolean,
): Column<ModelLane> => ({
  name: adminWords.parts.actions,
  actions: true,
  cell: (lane) =>
    !firsts.has(lane) ? null : pausedModels.has(lane.model) ? (
      <Action
        label={words.resume}
        icon={Play}
        of={lane.model}
        kind="quiet"
        run={() => admin.resume(lane.model).then(() => words.resumedModel(lane.model))}
      />
    ) : (
      <Action
        label={words.pause}
        icon={Pause}
        of={lane.model}
        kind="quiet"
        disabled={paused}
        ask={{ title: words.pauseModelTitle(lane.model), text: words.pauseModelText }}
        run={() => admin.pause(lane.model).then(() => words.pausedModel(lane.model))}
      />
    ),
})

interface LaneTableProps<Lane> {
  label: string
  rows: Lane[]
  keyOf(lane: Lane): string
  first: Column<Lane>
  last?: Column<Lane>
}

function LaneTable<Lane extends Omit<ModelLane, 'model'>>({ label, rows, keyOf, first, last }: LaneTableProps<Lane>) {
  if (rows.length === 0) return <p className={parts.empty}>{words.nothingWaits}</p>
  const columns: Column<Lane>[] = [
    first,
    { name: words.priority, cell: ({ priority }) => words.priorities[priority] },
    { name: words.waiting, number: true, cell: ({ waiting }) => numberOf(waiting) },
    { name: words.parked, number: true, cell: ({ parked }) => numberOf(parked) },
    { name: words.running, number: true, cell: ({ running }) => numberOf(running) },
    {
      name: words.oldest,
      number: true,
      cell: ({ oldestWaitSeconds }) =>
        oldestWaitSeconds === null ? adminWords.parts.none : lengthOf(oldestWaitSeconds),
    },
    ...(last ? [last] : []),
  ]
  return <Table label={label} columns={columns} rows={rows} keyOf={keyOf} />
}
