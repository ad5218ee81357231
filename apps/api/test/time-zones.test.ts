import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { LiveEvent, Session, SessionWithTurns } from '@atelier/contracts'
import { Client } from 'pg'
import { makeZip, manifestOf, readZip } from './support/read-zip.js'
import { multipart, startTestApi, uploaded, type TestApi } from './support/test-api.js'

/** Every time in a value, by its path. */
function timesIn(value: unknown, path = ''): [string, string][] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]): [string, string][] =>
    key.endsWith('At') && typeof inner === 'string' ? [[`${path}.${key}`, inner]] : timesIn(inner, `${path}.${key}`),
  )
}

describe.each(['UTC', 'Asia/Kolkata', 'America/St_Johns'])('when the zone of the database is %s', (timeZone) => {
  let api: TestApi
  let began: number
  let session: string

  beforeAll(async () => {
    began = Date.now()
    api = await startTestApi(undefined, { timeZone })
    session = await api.session()
    const { body } = await api.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'a circle' } })
    await api.finish(body.generations[0].id)
    await uploaded(api)
  })
  afterAll(() => api.close())

  const isNow = (value: unknown, atLeast: number) => {
    const times = timesIn(value)
    assert.ok(times.length >= atLeast, `only ${times.length} times in ${JSON.stringify(value)}`)
    const off = times.filter(([, time]) => Date.parse(time) < began - 1000 || Date.parse(time) > Date.now() + 1000)
    assert.deepEqual(off, [], `at ${new Date().toISOString()}`)
  }
  /** The instants of a session as Postgres has them. */
  const instants = async (id: string): Promise<Record<string, number>> => {
    const client = new Client({ connectionString: api.databaseUrl })
    await client.connect()
    const { rows } = await client
      .query(
        `SELECT EXTRACT(epoch FROM s.created_at) * 1000 AS created, EXTRACT(epoch FROM s.updated_at) * 1000 AS updated,
           EXTRACT(epoch FROM t.created_at) * 1000 AS turn, EXTRACT(epoch FROM g.finished_at) * 1000 AS finished
         FROM sessions s JOIN turns t ON t.session_id = s.id JOIN generations g ON g.turn_id = t.id WHERE s.id = $1`,
        [id],
      )
      .finally(() => client.end())
    return Object.fromEntries(Object.entries(rows[0] as object).map(([name, value]) => [name, Number(value)]))
  }

  it('every time that is made now is now', async () => {
    isNow((await api.send('GET', `/v1/sessions/${session}`)).body, 7)
    isNow((await api.send('GET', '/v1/sessions')).body, 2)
    isNow((await api.send('GET', '/v1/admin/keys', { as: api.admin })).body, 3)
    isNow((await api.send('PATCH', `/v1/sessions/${session}`, { body: { title: 'x' } })).body, 2)
    const owner = api.database.forOwner(api.anna.ownerId)
    const events = (await owner.events.list(session, { afterSeq: 0 })) as unknown as LiveEvent[]
    isNow(events, 7)
  })

  it('the pages of a list follow each other', async () => {
    for (let n = 0; n < 3; n += 1) await api.session()
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await api.send('GET', `/v1/sessions?limit=1${cursor && `&cursor=${cursor}`}`)
      const page = body as { data: Session[]; nextCursor: string | null }
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor
    }
    assert.equal(seen.length, 4)
    assert.equal(new Set(seen).size, 4)
  })

  it('what an archive from another place says is kept', async () => {
    const exported = await api.app.inject({ url: `/v1/sessions/${session}/export`, headers: api.anna.headers })
    const files = await readZip(exported.rawPayload)
    const manifest = manifestOf(files)
    const [createdAt, turnAt, finishedAt, updatedAt] = [3, 4, 5, 6].map((hour) => `2020-02-29T0${hour}:00:00.123Z`)
    Object.assign(manifest.session, { createdAt, updatedAt })
    Object.assign(manifest.turns[0]!, { createdAt: turnAt })
    Object.assign(manifest.generations[0]!, { finishedAt })
    files.set('session.json', Buffer.from(JSON.stringify(manifest)))
    const { payload, headers } = multipart(await makeZip(files))
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions/import',
      payload,
      headers: { ...headers, ...api.anna.headers },
    })
    assert.equal(answer.statusCode, 201, answer.body)
    const { id } = answer.json<Session>()
    const read = (await api.send('GET', `/v1/sessions/${id}`)).body as SessionWithTurns
    assert.deepEqual(
      [read.createdAt, read.updatedAt, read.turns[0]!.createdAt, read.turns[0]!.generations[0]!.finishedAt],
      [createdAt, updatedAt, turnAt, finishedAt],
    )
    assert.deepEqual(await instants(id), {
      created: Date.parse(createdAt!),
      updated: Date.parse(updatedAt!),
      turn: Date.parse(turnAt!),
      finished: Date.parse(finishedAt!),
    })
  })
})
