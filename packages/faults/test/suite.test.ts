import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, it, jest } from '@jest/globals'
import { check, type Violation } from '../src/check/invariants.js'
import { readState } from '../src/check/read-state.js'
import { Drive } from '../src/drive/drive.js'
import { usualLoad } from '../src/drive/owner.js'
import { Random } from '../src/random.js'
import { startStack, type Stack } from '../src/stack/stack.js'

// the start of a stack is waited for up to four minutes
jest.setTimeout(900_000)

describe('the fault suite on a real stack', () => {
  const random = new Random(1)
  let stack: Stack
  let drive: Drive

  const find = async (): Promise<Violation[]> => check({ state: await readState(stack, drive.owners), log: drive.log })

  beforeAll(async () => {
    stack = await startStack({ backend: 'postgres', store: 'folder', apis: 1, workers: 1 }, random)
    drive = await Drive.open(stack, { ...usualLoad, owners: 2, sessions: 2, outstanding: 8 }, random)
  })
  afterAll(async () => {
    drive?.close()
    await stack?.close()
  })

  it('finds nothing wrong after a worker was killed', async () => {
    let killed = false
    const running = drive.run(20, () => killed)
    while (drive.ended < 3) await new Promise((resolve) => void setTimeout(resolve, 50))
    stack.workers[0]!.signal('SIGKILL')
    killed = true
    await running
    await drive.quiet()
    assert.equal(stack.workers[0]!.starts, 2)
    assert.ok(drive.asked >= 20)
    assert.deepEqual(await find(), [])
  })

  it('finds what is wrong in database and store', async () => {
    const { postgres, store } = stack
    const [lost, changed] = await postgres.query<{ id: string; key: string }>(
      `SELECT generation_id AS id, object_key AS key FROM images WHERE generation_id IS NOT NULL ORDER BY created_at`,
    )
    await store.objects.delete(lost!.key)
    await store.objects.put(changed!.key, new Uint8Array(3), { contentType: 'image/png' })
    const [event] = await postgres.query<{ session: string; seq: number }>(
      `DELETE FROM events WHERE type = 'generation-started' AND payload->>'generationId' = $1
       RETURNING session_id AS session, seq`,
      [lost!.id],
    )
    const found = (await find()).map(({ invariant, what }) => `${invariant} ${what}`).join('\n')
    assert.match(found, new RegExp(`I2 lost: the object ${lost!.key}`))
    assert.match(found, new RegExp(`I2 the object ${changed!.key} is not what`))
    assert.match(found, new RegExp(`I4 gap: the log of ${event!.session} has no event ${event!.seq}`))
    assert.match(found, new RegExp(`I8 ${lost!.id}: generation-succeeded after generation-queued`))
  })
})

it('says so at once when a process cannot start', async () => {
  const env = { LINK_SECONDS: 'soon' }
  const starting = startStack({ backend: 'postgres', store: 'folder', apis: 1, workers: 1, env }, new Random(1))
  await assert.rejects(starting, ({ message, cause }: Error) => {
    rmSync(/logs are in (.+)\.$/.exec(message)![1]!, { recursive: true })
    return /^(api|worker)-1 ends as soon as it is started/.test((cause as Error).message)
  })
})
