import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { begin, claim, newImage, openFixture, type Fixture } from './support.js'

type Status = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

/** What a correct writer sets with a status. */
const complete: Record<Status, string> = {
  queued: 'worker_id = NULL, started_at = NULL',
  running: "attempt = attempt + 1, worker_id = 'wrk_x', started_at = now()",
  succeeded: 'finished_at = now()',
  failed: `finished_at = now(), error = '{"code": "model_failed"}'`,
  cancelled: 'finished_at = now()',
}
const legal: Record<Status, Status[]> = {
  queued: ['queued', 'running', 'cancelled'],
  running: ['queued', 'running', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
}
const statuses = Object.keys(legal) as Status[]

describe('the database, whoever writes', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  async function generationIn(status: Status): Promise<string> {
    const { db, owner } = fixture
    const { id } = (await begin(owner)).generation
    if (status === 'cancelled') await owner.generations.cancel(id)
    if (status === 'queued' || status === 'cancelled') return id
    const claimed = await claim(db, id)
    if (status === 'succeeded')
      await db.work.succeed(claimed, { images: [newImage('generated')], timings: {}, device: 'cpu' })
    if (status === 'failed') await db.work.fail(claimed, { code: 'model_failed', message: 'x' })
    return id
  }
  const refused = /cannot go from/

  it.each(statuses.flatMap((from) => statuses.map((to) => ({ from, to }))))(
    'knows whether a generation may go from $from to $to',
    async ({ from, to }) => {
      const id = await generationIn(from)
      const update = fixture.sql(`UPDATE generations SET status = '${to}', ${complete[to]} WHERE id = $1`, [id])
      if (legal[from].includes(to)) await update
      else await assert.rejects(update, refused)
    },
  )

  it.each([
    ['an end without its time', 'running', "status = 'cancelled'"],
    ['a failure without its error', 'running', "status = 'failed', finished_at = now()"],
    ['a success with an error', 'running', `status = 'succeeded', finished_at = now(), error = '{}'`],
    ['a start that is not counted', 'queued', "status = 'running', worker_id = 'wrk_x'"],
    ['a start that counts twice', 'queued', "status = 'running', worker_id = 'wrk_x', attempt = attempt + 2"],
    ['a start without a worker', 'queued', "status = 'running', attempt = attempt + 1"],
    ['a waiting one with a worker', 'running', "status = 'queued'"],
    ['an attempt that goes back', 'running', 'attempt = attempt - 1'],
    ['another end time', 'succeeded', "finished_at = now() + interval '1 s'"],
    ['a wish to cancel after the end', 'succeeded', 'cancel_requested_at = now()'],
  ] as const)('refuses %s', async (_, from, change) => {
    const id = await generationIn(from)
    await assert.rejects(fixture.sql(`UPDATE generations SET ${change} WHERE id = $1`, [id]), refused)
  })

  it('keeps a wish to cancel until the end', async () => {
    const id = await generationIn('running')
    await fixture.owner.generations.cancel(id)
    for (const change of [
      'cancel_requested_at = NULL',
      `status = 'succeeded', ${complete.succeeded}`,
      `status = 'queued', ${complete.queued}`,
      `status = 'running', ${complete.running}`,
    ])
      await assert.rejects(fixture.sql(`UPDATE generations SET ${change} WHERE id = $1`, [id]), refused)
    await fixture.sql(`UPDATE generations SET status = 'cancelled', finished_at = now() WHERE id = $1`, [id])
  })

  it('takes no new generation that runs already', async () => {
    const id = await generationIn('queued')
    const copy = (status: Status) =>
      fixture.sql(
        `INSERT INTO generations (id, turn_id, session_id, owner_id, status, seed, model, parameters, lcu)
         SELECT $2, turn_id, session_id, owner_id, $3, seed, model, parameters, lcu FROM generations WHERE id = $1`,
        [id, newId('generation'), status],
      )
    await assert.rejects(copy('running'), refused)
    await copy('queued')
  })
})
