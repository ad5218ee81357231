/** Measured times of a worker, in seconds. */
export interface WorkerTimes {
  /** From the wish for a worker to its first picture: node, container, model. */
  startSeconds: number
  /** Of one picture. */
  pictureSeconds: number
}

/** What decides how many workers there are: KEDA on the number of waiting and running generations. */
export interface Scaling {
  min: number
  max: number
  /** Generations that wait or run for each worker. */
  perWorker: number
  /** Time between two looks, in seconds. */
  pollSeconds: number
  /** A worker goes when it was not needed for so long, in seconds. */
  cooldownSeconds: number
}

/** What came of it. */
export interface Outcome {
  /** How long each waited from asked for to begun, in seconds, in the order of arrival. */
  waits: number[]
  /** Time that workers existed, in hours. */
  gpuHours: number
  mostWorkers: number
}

interface Worker {
  bornAt: number
  /** When it is free: ready, or done with its picture. */
  freeAt: number
  busy: boolean
}

/**
 * Plays arrivals against workers that come and go. Pictures are made in the order in which they were asked for, one at a
 * time by each worker; a worker that goes ends its picture first.
 *
 * @param arrivals - seconds, ascending
 */
export function simulate(arrivals: readonly number[], times: WorkerTimes, scaling: Scaling): Outcome {
  const { min, max, perWorker, pollSeconds, cooldownSeconds } = scaling
  const waits: number[] = []
  /** All that have arrived; the first `begun` of them wait no more. */
  const waiting: number[] = []
  let begun = 0
  let workers: Worker[] = Array.from({ length: min }, () => ({ bornAt: 0, freeAt: 0, busy: false }))
  let lived = 0
  let mostWorkers = min
  let arrived = 0
  let nextPoll = 0
  /** What was wanted lately: the highest of it counts, so that a lull does not end workers. */
  let wanted: { at: number; count: number }[] = []

  const soonestFree = (now: number) =>
    workers.reduce((soonest, { freeAt }) => (freeAt > now ? Math.min(soonest, freeAt) : soonest), Infinity)
  const take = (now: number) => {
    for (const worker of workers) {
      if (begun === waiting.length) return
      if (worker.freeAt > now) continue
      waits.push(now - waiting[begun]!)
      begun += 1
      Object.assign(worker, { busy: true, freeAt: now + times.pictureSeconds })
    }
  }
  const scale = (now: number) => {
    const running = workers.filter(({ busy, freeAt }) => busy && freeAt > now).length
    const count = Math.min(max, Math.max(min, Math.ceil((waiting.length - begun + running) / perWorker)))
    wanted = [...wanted.filter(({ at }) => at > now - cooldownSeconds), { at: now, count }]
    const target = Math.max(...wanted.map((each) => each.count))
    while (workers.length < target) workers.push({ bornAt: now, freeAt: now + times.startSeconds, busy: false })
    const idle = workers.filter(({ freeAt }) => freeAt <= now).slice(0, Math.max(0, workers.length - target))
    for (const worker of idle) lived += now - worker.bornAt
    workers = workers.filter((worker) => !idle.includes(worker))
    mostWorkers = Math.max(mostWorkers, workers.length)
  }

  let now = 0
  while (arrived < arrivals.length || begun < waiting.length) {
    now = Math.min(nextPoll, arrivals[arrived] ?? Infinity, begun < waiting.length ? soonestFree(now) : Infinity)
    if (arrivals[arrived] === now) {
      waiting.push(now)
      arrived += 1
    }
    take(now)
    if (now === nextPoll) {
      scale(now)
      nextPoll += pollSeconds
    }
  }
  for (const { bornAt, freeAt } of workers) lived += Math.max(now, freeAt) - bornAt
  return { waits, gpuHours: lived / 3600, mostWorkers }
}
