import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually, freePort } from '@atelier/testing'
import { root, startStack, type StartedStack } from './start-stack.js'

const folder = mkdtempSync(join(tmpdir(), 'atelier start '))
const data = join(folder, 'the data')
const env = { ATELIER_DATA: data, PORT: String(await freePort()) }
const key = () => readFileSync(join(data, 'key'), 'utf8').trim()
const secret = () => /#sign-in=([0-9a-f]{64})/.exec(stack!.output())![1]!
let stack: StartedStack | undefined
const cleanUp = cleanUpAfterEach()

afterAll(async () => {
  await stack?.stop('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

const call = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${stack!.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key()}`, ...(init.body ? { 'content-type': 'application/json' } : {}) },
  })
  return { status: response.status, body: (await response.json()) as Record<string, any> }
}

/** How long Node alone needs to start: some 40 ms, ten times as long beside much else. */
function bareStartMs(): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    spawnSync(process.execPath, ['-e', '0'], { env: { ...process.env, NODE_OPTIONS: '' } })
    return performance.now() - start
  })
  return times.sort((a, b) => a - b)[2]!
}

/** Starts it again. It has 5 s where Node alone needs 40 ms, and more where the other tests slow that down. */
async function startAgain(): Promise<void> {
  const before = bareStartMs()
  stack = await startStack(env)
  const bareMs = (before + bareStartMs()) / 2
  const message = `ready after ${stack.startMs.toFixed(0)} ms, Node alone after ${bareMs.toFixed(0)}`
  process.stdout.write(`npm start: ${message}\n`)
  assert.ok(stack.startMs < 5000 * Math.max(1, bareMs / 40), message)
}

async function draw(sessionId: string, instruction: string): Promise<Record<string, any>> {
  const turn = await call(`/v1/sessions/${sessionId}/turns`, { method: 'POST', body: JSON.stringify({ instruction }) })
  assert.equal(turn.status, 202, JSON.stringify(turn.body))
  const ended = async () => {
    const { body } = await call(`/v1/generations/${turn.body.generations[0].id}`)
    return ['succeeded', 'failed', 'cancelled'].includes(body.status) && body
  }
  return eventually('the generation has ended', ended, 60_000)
}

describe('npm start', () => {
  let sessionId = ''

  it('starts, prints address and key, and answers', async () => {
    stack = await startStack(env)
    assert.match(stack.output(), new RegExp(stack.url))
    assert.match(stack.output(), new RegExp(key()))
    assert.equal(statSync(join(data, 'key')).mode & 0o777, 0o600)
    const ready = await call('/health/ready')
    assert.deepEqual([ready.status, ready.body.worker], [200, 'ok'])
    assert.doesNotMatch(stack.output(), /"level":30/)
  })

  it('prints a link that signs one browser in, once, and hands nothing to who only comes from this machine', async () => {
    const redeem = () =>
      fetch(`${stack!.url}/v1/browser-sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ secret: secret() }),
      })
    const first = await redeem()
    assert.equal(first.status, 201)
    const cookie = first.headers.get('set-cookie')!.split(';')[0]!
    assert.equal((await fetch(`${stack!.url}/v1/admin/keys`, { headers: { cookie } })).status, 200)
    assert.equal((await redeem()).status, 401)
    for (const path of ['/v1/local/session', '/v1/sessions', '/v1/browser-sessions/current', '/metrics'])
      assert.ok([401, 404].includes((await fetch(`${stack!.url}${path}`)).status), path)
  })

  it('makes a picture and edits it by a turn that names none', async () => {
    sessionId = (await call('/v1/sessions', { method: 'POST', body: '{}' })).body.id
    const first = await draw(sessionId, 'a red circle on a blue background')
    assert.equal(first.status, 'succeeded', JSON.stringify(first.error))
    const second = await draw(sessionId, 'make the circle green')
    assert.equal(second.status, 'succeeded', JSON.stringify(second.error))
    assert.equal(second.lcu.at(-1).images[0].imageId, first.images[0].id)
    const picture = await fetch(new URL(second.images[0].url, stack!.url))
    assert.equal(picture.headers.get('content-type'), 'image/png')
  })

  it('refuses a second start on the same data or port with one line', async () => {
    const again = spawnSync(process.execPath, ['apps/standalone/bootstrap/start.mjs'], {
      cwd: root,
      env: { ...process.env, ...env, NODE_OPTIONS: '' },
      encoding: 'utf8',
    })
    assert.equal(again.status, 1)
    assert.match(again.stderr, /^Atelier could not start: Atelier already runs on .*\n$/)
    const other = { ...process.env, ...env, NODE_OPTIONS: '', ATELIER_DATA: join(folder, 'other') }
    const taken = spawnSync(process.execPath, ['apps/standalone/bootstrap/start.mjs'], {
      cwd: root,
      env: other,
      encoding: 'utf8',
    })
    assert.equal(taken.status, 1)
    assert.match(taken.stderr, /^Atelier could not start: Port \d+ on 127\.0\.0\.1 is taken.*\n$/)
  })

  it('comes back after a SIGKILL within 5 s, with key and data', async () => {
    const before = key()
    const link = secret()
    await stack!.stop('SIGKILL')
    await startAgain()
    assert.equal(key(), before)
    assert.notEqual(secret(), link)
    const { body } = await call(`/v1/sessions/${sessionId}`)
    assert.equal(body.turns.length, 2)
  })

  it('logs as LOG_LEVEL says', async () => {
    await stack!.stop()
    stack = await startStack({ ...env, LOG_LEVEL: 'info' })
    const { output } = stack
    await call('/health/ready')
    await eventually('a line for the request', async () => /"level":30.*answered/.test(output()))
  })

  it('stops cleanly on Ctrl-C, leaves no process behind, and starts again within 5 s', async () => {
    assert.equal(await stack!.stop('SIGINT'), 0)
    assert.match(stack!.output(), /Stopped\. The data is kept\./)
    assert.doesNotMatch(spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout, new RegExp(data))
    await startAgain()
    assert.equal((await draw(sessionId, 'on a yellow background')).status, 'succeeded')
    assert.equal(await stack!.stop(), 0)
    stack = undefined
  })

  /** Starts it and waits for the first line that it prints. */
  async function begin() {
    await stack?.stop()
    stack = undefined
    const run = spawn(process.execPath, ['apps/standalone/bootstrap/start.mjs'], {
      cwd: root,
      env: { ...process.env, ...env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(run, 'exit')
    cleanUp(async () => {
      if (run.exitCode === null && run.kill('SIGTERM')) await ended
    })
    await once(run.stdout, 'data')
    return { run, ended }
  }
  const isRunning = () =>
    existsSync(join(data, 'running')) || spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.includes(data)

  it('goes on and stops cleanly when who reads its output has left, as `head -1` does', async () => {
    const { run, ended } = await begin()
    run.stdout.destroy()
    const ready = () =>
      fetch(`http://127.0.0.1:${env.PORT}/health/ready`).then(
        ({ ok }) => ok,
        () => run.exitCode !== null,
      )
    await eventually('it is ready or has ended', ready, 60_000)
    run.kill('SIGTERM')
    assert.deepEqual([(await ended)[0], isRunning()], [0, false])
  })

  it('stops cleanly while it starts', async () => {
    const { run, ended } = await begin()
    // in the middle of it: its database runs, and nothing answers yet
    await eventually('the database runs', () => existsSync(join(data, 'postgres/data/postmaster.pid')))
    run.kill('SIGTERM')
    assert.deepEqual([(await ended)[0], isRunning()], [0, false])
  })

  it.each([
    ['a SIGTERM to npm', 'SIGTERM', false],
    ['a SIGKILL to npm', 'SIGKILL', false],
    ['a SIGTERM to the whole group, as of systemd', 'SIGTERM', true],
    ['a SIGHUP to the whole group, as of a closed terminal', 'SIGHUP', true],
  ] as const)('ends with the npm that started it: %s', async (_, signal, group) => {
    // one that a test before has left when it failed
    await stack?.stop()
    stack = undefined
    const run = spawn('npm', ['start'], {
      cwd: root,
      env: { ...process.env, ...env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: group,
    })
    await new Promise<void>((resolve, reject) => {
      run.stdout.on('data', (text) => String(text).includes('Ctrl-C') && resolve())
      run.on('close', (code) => reject(new Error(`npm start ended with ${code}`)))
    })
    const runs = () => spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.includes(data)
    assert.ok(runs())
    if (group) process.kill(-run.pid!, signal)
    else run.kill(signal)
    await eventually('nothing of it runs', () => !runs() && !existsSync(join(data, 'running')), 60_000)
  })

  it('says in one line when the folder cannot be written, is a file, or the settings are wrong', () => {
    const file = join(folder, 'a file')
    writeFileSync(file, '')
    const run = (changes: Record<string, string>, options: { uid?: number } = {}) =>
      spawnSync(process.execPath, ['apps/standalone/bootstrap/start.mjs'], {
        cwd: root,
        env: { ...process.env, ...env, NODE_OPTIONS: '', ...changes },
        encoding: 'utf8',
        ...options,
      })
    assert.match(run({ ATELIER_DATA: file }).stderr, /^Atelier could not start: .* is not a folder\..*\n$/)
    assert.match(run({ PORT: 'many' }).stderr, /^Atelier could not start: PORT: .*\n$/)
    if (process.getuid?.() !== 0) {
      chmodSync(folder, 0o500)
      assert.match(
        run({ ATELIER_DATA: join(folder, 'new') }).stderr,
        /^Atelier could not start: No permission to write in .*\n$/,
      )
      chmodSync(folder, 0o700)
    } else {
      // Root may write anywhere but in the kernel's own folders.
      assert.match(
        run({ ATELIER_DATA: '/sys/atelier' }).stderr,
        /^Atelier could not start: No permission to write in .*\n$/,
      )
    }
  })
})
