import type { JobsOptions } from 'bullmq'

/** Name of a generation's job, as dashboards show it. */
export const jobName = 'generate'

/** Longest wait between two attempts, in milliseconds. */
const maxBackoffMs = 30_000

/**
 * Options of every job. The database decides whether a generation is tried again; a handler throws only when it could
 * not ask or write, so the queue is patient. Ended jobs are kept for a while for the dashboard; the truth about a
 * generation is in the database.
 */
export const jobOptions = {
  attempts: 20,
  backoff: { type: 'capped' },
  removeOnComplete: { age: 3_600, count: 1_000 },
  removeOnFail: { age: 24 * 3_600, count: 5_000 },
} satisfies JobsOptions

/** How often a job may lose its worker; the database counts too and gives up much earlier (`worker_lost`). */
export const maxStalledCount = 1_000

/** Milliseconds to wait after the n-th failed attempt: doubles from `firstMs` up to 30 s. */
export const backoffMs = (attempt: number, firstMs: number): number =>
  Math.min(maxBackoffMs, firstMs * 2 ** Math.min(attempt - 1, 20))
