import assert from 'node:assert/strict'
import { afterAll, beforeEach, describe, it } from '@jest/globals'
import { keepHouse } from '../src/housekeeping.js'
import { png, startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
const apis: TestApi[] = []
beforeEach(async () => {
  api = await startTestApi()
  apis.push(api)
})
afterAll(async () => {
  for (const one of apis) await one.close()
})

const logger = () => api.app.log
const old = (table: string, column: string, id: string) =>
  api.sql(`UPDATE ${table} SET ${column} = now() - interval '31 days' WHERE id = '${id}'`)
const keep = (mode: 'report' | 'delete', retentionDays: number) =>
  keepHouse({ database: api.database, objects: api.objects, logger: logger() }, { mode, retentionDays })
const turn = async (session: string, images: { imageId: string }[] = []) =>
  (await api.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'x', images } })).body as {
    generations: { id: string }[]
  }

/** An old session, one with old work that waits, one that is young; an old upload in use, one unused, one young. */
async function house() {
  const [done, waiting, young] = [await api.session(), await api.session(), await api.session()]
  const [used, unused, fresh] = [await uploaded(api), await uploaded(api), await uploaded(api)]
  await turn(young, [{ imageId: used.id }])
  const made = await turn(done)
  await api.send('POST', `/v1/generations/${made.generations[0]!.id}/cancel`)
  await turn(waiting)
  for (const id of [done, waiting]) await old('sessions', 'updated_at', id)
  for (const { id } of [used, unused]) await old('images', 'created_at', id)
  const status = async (path: string) => (await api.send('GET', path)).status
  return {
    sessions: async () => Promise.all([done, waiting, young].map((id) => status(`/v1/sessions/${id}`))),
    images: async () => Promise.all([used, unused, fresh].map(({ id }) => status(`/v1/images/${id}`))),
  }
}

describe('housekeeping', () => {
  it('deletes what is old and in no use, and nothing else', async () => {
    const { sessions, images } = await house()
    const found = { sessions: 1, uploads: 1, orphans: 0, orphanBytes: 0 }
    const before = await api.count()
    assert.deepEqual(await keep('report', 30), found)
    assert.deepEqual(await api.count(), before)
    assert.deepEqual(await keep('delete', 30), found)
    assert.deepEqual(
      [await sessions(), await images()],
      [
        [404, 200, 200],
        [200, 404, 200],
      ],
    )
    assert.deepEqual(await keep('delete', 30), { ...found, sessions: 0, uploads: 0 })
  })

  it('keeps what has come back into use since it was found', async () => {
    const { id: picture } = (await api.upload(await png(9, 9))).body as { id: string }
    const session = await api.session()
    await old('images', 'created_at', picture)
    await old('sessions', 'updated_at', session)
    const { admin } = api.database
    const meanwhile = {
      outdatedSessions: async (query: { days: number; limit: number }) => {
        const found = await admin.outdatedSessions(query)
        await turn(session)
        return found
      },
      outdatedUploads: async (query: { days: number; limit: number }) => {
        const found = await admin.outdatedUploads(query)
        assert.equal((await api.upload(await png(9, 9))).body.id, picture)
        return found
      },
    }
    const database = { ...api.database, admin: { ...admin, ...meanwhile } }
    const deps = { database, objects: api.objects, logger: logger() }
    const report = await keepHouse(deps, { mode: 'delete', retentionDays: 30 })
    assert.deepEqual(report, { sessions: 0, uploads: 0, orphans: 0, orphanBytes: 0 })
    assert.equal((await api.send('GET', `/v1/images/${picture}`)).status, 200)
    assert.equal((await turn(session)).generations.length, 1)
    // sent again before the round began: not found at all
    await old('images', 'created_at', picture)
    assert.equal((await keep('delete', 30)).uploads, 0)
  })

  it('ends early when it is to, and keeps what it had not come to', async () => {
    const { sessions } = await house()
    const deps = { database: api.database, objects: api.objects, logger: logger() }
    const report = await keepHouse(deps, { mode: 'delete', retentionDays: 30 }, AbortSignal.abort())
    assert.deepEqual(report, { sessions: 0, uploads: 0, orphans: 0, orphanBytes: 0 })
    assert.deepEqual(await sessions(), [200, 200, 200])
  })

  it('keeps everything when no age is set, and what is younger', async () => {
    await house()
    const before = await api.count()
    for (const days of [0, 32]) await keep('delete', days)
    assert.deepEqual(await api.count(), before)
  })

  it('is begun by one of all processes, once in its time', async () => {
    const { admin } = api.database
    const begun = await Promise.all(Array.from({ length: 8 }, () => admin.beginTask('housekeeping', 60)))
    assert.equal(begun.filter(Boolean).length, 1)
    assert.equal(await admin.beginTask('housekeeping', 60), false)
    await api.sql(`UPDATE tasks SET began_at = now() - interval '61 seconds'`)
    assert.equal(await admin.beginTask('housekeeping', 60), true)
    await admin.giveTaskBack('housekeeping')
    assert.equal(await admin.beginTask('housekeeping', 60), true)
  })
})
