import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId, type Archive, type ArchivedGeneration } from '@atelier/contracts'
import { watchEventLoop } from '@atelier/testing'
import { archiveRows } from '../../src/archive/check-manifest.js'
import { makeZip, manifestOf, readZip, type Files } from '../support/read-zip.js'
import { richSession } from '../support/rich-session.js'
import { multipart, startTestApi, type TestApi } from '../support/test-api.js'

const MB = 1024 * 1024
let api: TestApi
let files: Files
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    settings: { ...d.settings, limits: { ...d.settings.limits, archiveBytes: 64 * MB } },
  }))
  const { id } = await richSession(api)
  files = await readZip(
    (await api.app.inject({ url: `/v1/sessions/${id}/export`, headers: api.anna.headers })).rawPayload,
  )
})
afterAll(() => api.close())

async function importing(zip: Buffer): Promise<{ status: number; body: any }> {
  const { payload, headers } = multipart(zip)
  const url = '/v1/sessions/import'
  const answer = await api.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { ...api.anna.headers, ...headers },
  })
  return { status: answer.statusCode, body: JSON.parse(answer.body) as any }
}
const zipOf = (manifest: unknown, others: Files = new Map()) =>
  makeZip(new Map(others).set('session.json', Buffer.from(JSON.stringify(manifest))))
/** The archive with a generation changed. */
const changed = (change: (generation: ArchivedGeneration) => void): Promise<Buffer> => {
  const manifest = manifestOf(files)
  change(manifest.generations[0]!)
  return zipOf(manifest, files)
}

/** An archive of a long conversation: each turn has one generation that failed. */
function longArchive(turns: number, instruction = 'a red circle'): Archive {
  const { session, generations } = manifestOf(files)
  const sample = generations.find(({ parameters }) => parameters)!
  const time = '2026-01-01T00:00:00.000Z'
  const ids = Array.from({ length: turns }, () => newId('turn'))
  return {
    format: 1,
    session: { ...session, activeTurnId: ids.at(-1)! },
    turns: ids.map((id, index) => ({
      id,
      parentTurnId: ids[index - 1] ?? null,
      instruction,
      images: [],
      history: { mode: 'lineage' },
      createdAt: time,
    })),
    generations: ids.map((turnId) => ({
      ...sample,
      id: newId('generation'),
      turnId,
      status: 'failed',
      step: 0,
      lcu: [{ turnId, instruction, images: [] }],
      historyDropped: [],
      reproduction: null,
      error: { code: 'model_failed', message: 'no' },
    })),
    images: [],
  } as Archive
}

describe('an imported record', () => {
  const dear: Record<string, (generation: ArchivedGeneration) => void> = {
    'of more steps': (g) => Object.assign(g.parameters, { steps: 100_000 }),
    'of no steps': (g) => Object.assign(g.parameters, { steps: 0 }),
    'after its last step': (g) => Object.assign(g, { step: g.parameters.steps + 1 }),
    'of a huge size': (g) => Object.assign(g.parameters, { width: 65_536, height: 65_536 }),
    'of a negative size': (g) => Object.assign(g.parameters, { width: -64 }),
    'of more guidance': (g) => Object.assign(g.parameters, { guidanceScale: 1e9 }),
    'of a wrong interval': (g) => Object.assign(g.parameters, { guidanceInterval: [2, -1] }),
    'of a long negative prompt': (g) => Object.assign(g.parameters, { negativePrompt: 'x'.repeat(100_000) }),
    'of a long text': (g) => Object.assign(g.lcu.at(-1)!, { instruction: 'Ñ€'.repeat(50_000) }),
    'of many units': (g) => g.lcu.unshift(...Array.from({ length: 1000 }, () => ({ ...g.lcu[0]!, images: [] }))),
    'of an indicator of its own': (g) =>
      Object.assign(g.lcu.at(-1)!, {
        images: g.lcu.at(-1)!.images.map((image) => ({ ...image, indicator: 'x'.repeat(1e5) })),
      }),
    'of a long model name': (g) => Object.assign(g, { model: 'x'.repeat(100_000) }),
    'of a long device': (g) => Object.assign(g, { device: 'x'.repeat(100_000) }),
    'of many timings': (g) =>
      Object.assign(g, { timings: Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`t${n}`, n])) }),
    'of a long error': (g) => Object.assign(g, { error: { code: 'internal', message: 'x'.repeat(100_000) } }),
  }
  for (const [name, change] of Object.entries(dear)) {
    it(`${name} is refused, and nothing is written`, async () => {
      const before = await api.count()
      const manifest = manifestOf(files)
      const generation = manifest.generations.find(({ lcu }) => lcu.at(-1)!.images.length) ?? manifest.generations[0]!
      change(generation)
      const { status, body } = await importing(await zipOf(manifest, files))
      assert.deepEqual([status, body.error?.code], [400, 'archive_invalid'], JSON.stringify(body))
      assert.deepEqual(await api.count(), before)
    })
  }

  it('of another server’s model is kept, and cannot be run', async () => {
    const zip = await changed((g) => Object.assign(g, { model: 'elsewhere' }))
    const { status, body } = await importing(zip)
    assert.equal(status, 201, JSON.stringify(body))
    const session = (await api.send('GET', `/v1/sessions/${body.id}`)).body
    const one = session.turns
      .flatMap(({ generations }: { generations: { id: string; model: string }[] }) => generations)
      .find(({ model }: { model: string }) => model === 'elsewhere')
    for (const action of ['retry', 'reproduce']) {
      const refused = await api.send('POST', `/v1/generations/${one.id}/${action}`)
      assert.deepEqual([refused.status, refused.body.error.code], [400, 'unknown_model'])
    }
  })
})

describe('a long conversation', () => {
  it('that is too long for an import is refused before it starts, with the limit', async () => {
    const before = await api.count()
    const { status, body } = await importing(await zipOf(longArchive(archiveRows.turns + 1)))
    assert.deepEqual([status, body.error.code], [413, 'archive_too_large'])
    const { turns: max } = archiveRows
    assert.deepEqual(body.error.details, { field: 'turns', count: max + 1, max })
    assert.deepEqual(await api.count(), before)
  })

  it('is imported whole while the event loop goes on', async () => {
    const turns = 3000
    const zip = await zipOf(longArchive(turns))
    const loop = watchEventLoop()
    const { status, body } = await importing(zip)
    const { medianMs, worstMs } = loop.stop()
    assert.equal(status, 201, JSON.stringify(body))
    const session = await api.database.forOwner(api.anna.ownerId).sessions.get(body.id)
    // one event a turn and one a generation
    assert.equal(session!.lastSeq, 2 * turns)
    // in one statement each it was 18.7 s
    assert.ok(medianMs < 50 && worstMs < 250, `the loop was held for ${medianMs} ms, once for ${worstMs} ms`)
  })

  it('whose text is as long as it may be is checked while the event loop goes on', async () => {
    const manifest = longArchive(3500, 'x'.repeat(1990))
    manifest.turns.at(-1)!.parentTurnId = newId('turn')
    const zip = await zipOf(manifest)
    const loop = watchEventLoop()
    const { status } = await importing(zip)
    const { worstMs } = loop.stop()
    assert.equal(status, 400)
    assert.ok(worstMs < 100, `the loop was held for ${worstMs} ms`)
  })
})
