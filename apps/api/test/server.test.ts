import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { migrate, openDatabase } from '@atelier/database'
import { startTestPostgres, type TestPostgres } from '@atelier/testing'
import { startApi } from '../src/index.js'
import { readStream } from './support/read-stream.js'
import { manifest } from './support/test-api.js'

let postgres: TestPostgres
let folder: string
let token: string
beforeAll(async () => {
  postgres = await startTestPostgres()
  folder = await mkdtemp(join(tmpdir(), 'atelier server '))
  await mkdir(join(folder, 'models', 'ace-test'), { recursive: true })
  await writeFile(join(folder, 'models', 'ace-test', 'manifest.json'), JSON.stringify(manifest))
  await migrate(postgres.url)
  const database = await openDatabase({ url: postgres.url })
  token = (await database.admin.createKey({ name: 'x', scopes: ['user', 'admin'] })).token
  await database.close()
})
afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const secret = 'y'.repeat(32)
const environment = () => ({
  PATH: process.env.PATH,
  HOST: '127.0.0.1',
  DATABASE_URL: postgres.url,
  OBJECTS_DIRECTORY: join(folder, 'objects'),
  URL_SIGNING_SECRET: secret,
  MODELS_DIRECTORY: join(folder, 'models'),
  DEFAULT_MODEL: 'ace-test',
})

/** Runs `server.js` until `during` is done with its address, then stops it with SIGTERM. */
async function runServer(
  env: Record<string, string | undefined>,
  during: (url: string) => Promise<void>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/server.js', import.meta.url))], { env })
  let output = ''
  const address = new Promise<string | null>((resolve) => {
    const read = (text: Buffer) => {
      output += text.toString()
      const [, url] = /Server listening at (http:[^"]+)"/.exec(output) ?? []
      if (url) resolve(url)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', () => resolve(null))
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
  })
  try {
    const url = await address
    if (url) await during(url)
  } finally {
    child.kill('SIGTERM')
  }
  return { code: await ended, output }
}

describe('an API process', () => {
  it('serves until SIGTERM, then ends cleanly, and its log has no keys and no instructions', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const { code, output } = await runServer({ ...environment(), PORT: '0' }, async (url) => {
      const { id } = (await (await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: '{}' })).json()) as any
      const body = JSON.stringify({ instruction: 'a very secret picture' })
      assert.equal((await fetch(`${url}/v1/sessions/${id}/turns`, { method: 'POST', headers, body })).status, 202)
      await readStream(`${url}/v1/sessions/${id}/events?token=${token}`, {}, (events) => events.length >= 2)
    })
    assert.equal(code, 0, output)
    assert.match(output, /\/v1\/sessions\/ses_\w+\/events/)
    assert.doesNotMatch(output, new RegExp(`${token}|${secret}|very secret`))
  })

  it('does not start without what it needs, and says what', async () => {
    const nothing = async () => {}
    const missing = await runServer({ ...environment(), DEFAULT_MODEL: 'ace-huge' }, nothing)
    assert.equal(missing.code, 1)
    assert.match(missing.output, /ace-huge is not in/)
    const wrong = await runServer({ ...environment(), PORT: 'eighty' }, nothing)
    assert.deepEqual([wrong.code, /PORT/.test(wrong.output)], [1, true])
  })
})

it('startApi closes what it opened when the port is taken', async () => {
  const settings = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: postgres.url,
    queue: { url: postgres.url, name: 'generations' },
    objects: { kind: 'folder' as const, directory: join(folder, 'objects'), signingSecret: secret },
    models: { directory: join(folder, 'models'), defaultModel: 'ace-test' },
    logLevel: 'silent' as const,
    limits: {
      uploadBytes: 1024,
      imagePixels: 1024,
      archiveBytes: 1024,
      requestsPerMinute: 600,
      anonymousPerMinute: 0,
      failedSignInsPerMinute: 0,
    },
    reuseUploads: true,
    housekeeping: { mode: 'off' as const, retentionDays: 0 },
    workProcesses: 1,
    linkSeconds: 900,
    corsOrigins: [],
    basePath: '',
    trustProxy: [],
  }
  const first = await startApi(settings)
  try {
    assert.equal((await fetch(`${first.url}/health/live`)).status, 200)
    await assert.rejects(startApi({ ...settings, port: Number(new URL(first.url).port) }), { code: 'EADDRINUSE' })
  } finally {
    await first.close()
  }
})
