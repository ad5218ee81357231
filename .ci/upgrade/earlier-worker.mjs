// node earlier-worker.mjs FOLDER: this version's API and schema, and the worker of the version that is built in FOLDER/earlier.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Atelier } from '@atelier/client'
import { migrate, openDatabase } from '@atelier/database'
import { freePort, PostgresServer } from '@atelier/embedded-postgres'

const folder = process.argv[2]
const postgres = await PostgresServer.start({ directory: join(folder, 'postgres') })
const databaseUrl = postgres.url('atelier')
await migrate(databaseUrl)
const database = await openDatabase({ url: databaseUrl })
const { token } = await database.admin.createKey({ name: 'upgrade', scopes: ['user', 'admin'] })
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const env = {
  ...process.env,
  DATABASE_URL: databaseUrl,
  HOST: '127.0.0.1',
  PORT: String(port),
  OBJECTS_DIRECTORY: join(folder, 'objects'),
  URL_SIGNING_SECRET: 'of a trial that is thrown away at its end',
  MODELS_DIRECTORY: join(process.cwd(), 'models'),
}

const children = []
function start(name, cwd, script) {
  const log = openSync(join(folder, `${name}.log`), 'a')
  const child = spawn(process.execPath, [script], { cwd, env, stdio: ['ignore', log, log] })
  closeSync(log)
  children.push(child)
  return child
}

/** Looks until there is something to see, for two minutes at most. */
async function eventually(what, look) {
  for (const until = Date.now() + 120_000; Date.now() < until; await sleep(200)) {
    const ended = children.find(({ exitCode }) => exitCode !== null)
    assert.ok(!ended, `${ended?.spawnargs.at(-1)} ended with ${ended?.exitCode}`)
    const seen = await look()
    if (seen) return seen
  }
  throw new Error(`not within two minutes: ${what}`)
}

try {
  start('api', process.cwd(), 'apps/api/dist/src/server.js')
  start('worker', join(folder, 'earlier'), 'apps/worker/dist/src/server.js')
  const health = () =>
    fetch(`${url}/health/ready`).then(
      (response) => response.json(),
      () => undefined,
    )
  await eventually('the earlier worker has reported itself', async () => (await health())?.worker === 'ok')

  const atelier = new Atelier({ url, token })
  const session = await atelier.sessions.create()
  const events = []
  const live = atelier.events(session.id, { afterSeq: 0 })
  live.on('event', ({ seq, type }) => events.push(`${seq} ${type}`))
  for (const instruction of ['a red circle on a blue background', 'make the circle green']) {
    const { generations } = await atelier.turns.run(session.id, { instruction })
    assert.deepEqual(
      generations.map(({ status, error }) => [status, error]),
      [['succeeded', null]],
    )
    assert.equal((await fetch(new URL(generations[0].images[0].url, url))).headers.get('content-type'), 'image/png')
    console.log(`made: ${instruction}`)
  }
  const { generations } = await atelier.turns.create(session.id, {
    instruction: 'remove the circle',
    parameters: { count: 4 },
  })
  await atelier.generations.cancel(generations[3].id)
  const ended = async () => {
    const all = await Promise.all(generations.map(({ id }) => atelier.generations.get(id)))
    return all.every(({ finishedAt }) => finishedAt) && all.map(({ status }) => status)
  }
  const statuses = await eventually('four variations have ended', ended)
  assert.deepEqual(statuses, ['succeeded', 'succeeded', 'succeeded', 'cancelled'])
  console.log('made three of four variations, the fourth was cancelled')
  await eventually(
    'every event is heard',
    async () => events.length === (await atelier.sessions.get(session.id)).lastSeq,
  )
  assert.ok(
    events.every((event, index) => event.startsWith(`${index + 1} `)),
    events.join(', '),
  )
  console.log(`heard ${events.length} events in order`)
  live.close()
} catch (error) {
  for (const name of ['api', 'worker']) console.error(readFileSync(join(folder, `${name}.log`), 'utf8').slice(-4000))
  console.error(error)
  process.exitCode = 1
} finally {
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(
    children.map((child) => child.exitCode ?? child.signalCode ?? new Promise((end) => child.on('exit', end))),
  )
  await database.close()
  await postgres.stop()
}
