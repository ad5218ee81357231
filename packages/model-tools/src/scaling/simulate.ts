/** What was measured of a worker. */
export interface WorkerTimes {
  /** Seconds from the wish for a worker to its first picture: node, container, model. */
  startSeconds: number
  /** Seconds of a picture that is made alone. */
  pictureSeconds: number
  /** Pictures that it makes at once (`BATCH_SIZE`). Default 1. */
  batch?: number
  /** How many times as many pictures it makes in the same time while `batch` are under way. Default 1. */
  throughput?: number
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
  /** How long each took from asked for to made, in seconds, in the order in which they were made. */
  totals: number[]
  /** Time that workers existed, in hours. */
  gpuHours: number
  mostWorkers: number
}

interface Picture {
  askedAt: number
  /** What is left of it, in seconds that it would take alone. */
  left: number
}

/** A worker, whose pictures go on together: the more there are, the slower each of them. */
class Worker {
  private pictures: Picture[] = []
  private seenAt: number

  constructor(
    readonly bornAt: number,
    private readonly readyAt: number,
    private readonly times: Required<WorkerTimes>,
  ) {
    this.seenAt = readyAt
  }

  get running(): number {
    return this.pictures.length
  }

  hasPlace(now: number): boolean {
    return now >= this.readyAt && this.running < this.times.batch
  }

  take(askedAt: number): void {
    this.pictures.push({ askedAt, left: this.times.pictureSeconds })
  }

  /** When the next picture ends, or when it is ready; Infinity if it has none. */
  next(now: number): number {
    if (now < this.readyAt) return this.readyAt
    if (!this.running) return Infinity
    return this.seenAt + Math.min(...this.pictures.map(({ left }) => left)) / this.share
  }

  /** Lets time pass, until {@link next} at most. @returns the pictures that have ended */
  advance(now: number): Picture[] {
    for (const picture of this.pictures) picture.left -= (now - this.seenAt) * this.share
    this.seenAt = Math.max(now, this.seenAt)
    // sums of seconds are not exact
    const ended = this.pictures.filter(({ left }) => left <= 1e-9)
    if (ended.length) this.pictures = this.pictures.filter(({ left }) => left > 1e-9)
    return ended
  }

  /** Seconds of work that each picture gets in a second, if there is any. The throughput grows evenly with each one beside the first. */
  private get share(): number {
    const { batch, throughput } = this.times
    const beside = batch > 1 ? (this.running - 1) / (batch - 1) : 0
    return (1 + (throughput - 1) * beside) / this.running
  }
}

/**
 * Plays arrivals against workers that come and go. Pictures are begun in the order in which they were asked for, each by the
 * worker that has the fewest; a worker goes when it has none.
 *
 * @param arrivals - seconds, ascending
 */
export function simulate(arrivals: readonly number[], measured: WorkerTimes, scaling: Scaling): Outcome {
  const { min, max, perWorker, pollSeconds, cooldownSeconds } = scaling
  const times = { batch: 1, throughput: 1, ...measured }
  const waits: number[] = []
  const totals: number[] = []
  let begun = 0
  let workers: Worker[] = Array.from({ length: min }, () => new Worker(0, 0, times))
  let lived = 0
  let mostWorkers = min
  let arrived = 0
  let nextPoll = 0
  /** What was wanted lately: the highest of it counts, so that a lull does not end workers. */
  let wanted: { at: number; count: number }[] = []

  const running = () => workers.reduce((sum, worker) => sum + worker.running, 0)
  const begin = (now: number) => {
    for (; begun < arrived; begun += 1) {
      let emptiest: Worker | undefined
      for (const worker of workers)
        if (worker.hasPlace(now) && worker.running < (emptiest?.running ?? Infinity)) emptiest = worker
      if (!emptiest) return
      emptiest.take(arrivals[begun]!)
      waits.push(now - arrivals[begun]!)
    }
  }
  const scale = (now: number) => {
    const count = Math.min(max, Math.max(min, Math.ceil((arrived - begun + running()) / perWorker)))
    wanted = [...wanted.filter(({ at }) => at > now - cooldownSeconds), { at: now, count }]
    const target = Math.max(...wanted.map((each) => each.count))
    while (workers.length < target) workers.push(new Worker(now, now + times.startSeconds, times))
    const idle = workers
      .filter((worker) => worker.hasPlace(now) && worker.running === 0)
      .slice(0, Math.max(0, workers.length - target))
    for (const worker of idle) lived += now - worker.bornAt
    workers = workers.filter((worker) => !idle.includes(worker))
    mostWorkers = Math.max(mostWorkers, workers.length)
  }

  let now = 0
  while (totals.length < arrivals.length) {
    now = Math.min(nextPoll, arrivals[arrived] ?? Infinity, ...workers.map((worker) => worker.next(now)))
    for (const worker of workers) for (const { askedAt } of worker.advance(now)) totals.push(now - askedAt)
    if (arrivals[arrived] === now) arrived += 1
    begin(now)
    if (now === nextPoll) {
      scale(now)
      nextPoll += pollSeconds
    }
  }
  for (const { bornAt } of workers) lived += now - bornAt
  return { waits, totals, gpuHours: lived / 3600, mostWorkers }
}
