import type { PrismaClient } from '../generated/client.js'
import type { WorkRepository } from '../repositories.js'
import { claim } from './claim.js'
import { finish, release, succeed } from './finish.js'
import { step } from './step.js'
import { report } from './workers.js'

/** The worker's side of a database. */
export const workRepository = (client: PrismaClient): WorkRepository => ({
  claim: (generationId, workerId, { maxAttempts = 5 } = {}) => claim(client, generationId, workerId, maxAttempts),
  step: (claimed, done) => step(client, claimed, done),
  succeed: (claimed, result) => succeed(client, claimed, result),
  fail: (claimed, error, timings) => finish(client, claimed, { status: 'failed', error, ...(timings && { timings }) }),
  cancelled: (claimed) => finish(client, claimed, { status: 'cancelled' }),
  release: (claimed) => release(client, claimed),
  report: (worker) => report(client, worker),
  forget: async (id) => {
    await client.worker.deleteMany({ where: { id } })
  },
})
