// npm run bench:api: what the API itself costs, through the embedded stack, with the queue paused.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Atelier, AtelierApiError } from '@atelier/client'
import { typedNumber } from '@atelier/service'
import { startBareFastify } from './bench-api/bare-fastify.js'
import { requestsPerSecond } from './bench-api/load.js'
import { median } from './median.js'
import { messageOf } from './repository.js'
import { startStack, type Stack } from './start-stack.js'

const usage = `Usage: npm run bench:api [-- --runs N --turns 10,1000,10000 --sockets N --seconds S]
Prints medians: trivial routes against bare Fastify, POST turn, one session and joining it, idle cost of joined sockets.
  --runs N       runs of each measurement, at least 5 (default 5)
  --turns LIST   lengths of the session, ascending (default 10,1000,10000; 10,000 turns take minutes to make)
  --sockets N    joined sockets, each in a session of its own (default 300; 0 = skip)
  --seconds S    length of a run on a trivial route (default 1.5)
Limits of one owner that are in the way (docs/configuration.md) are set by the environment.`

/** Sends a request as the first key. @throws Error unless it is answered with 2xx */
async function ask(stack: Stack, method: string, path: string, body?: object): Promise<Record<string, any>> {
  const response = await fetch(stack.url + path, {
    method,
    headers: {
      authorization: `Bearer ${stack.token}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Record<string, any>
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!

const line = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`)
function table(title: string, columns: readonly string[]): void {
  console.log(`\n${title}\n`)
  line(columns)
  line(columns.map((_, index) => (index ? '---:' : '---')))
}

async function benchTrivial(stack: Stack, runs: number, milliseconds: number): Promise<void> {
  const authorization = `Bearer ${stack.token}`
  const models = await ask(stack, 'GET', '/v1/models')
  const bare = await startBareFastify({ '/live': { status: 'ok' }, '/models': models })
  const signedIn = await fetch(`${stack.url}/v1/browser-sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: stack.token }),
  })
  const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!
  const targets = {
    'bare, small': { url: `${bare.url}/live` },
    'open, small: GET /health/live': { url: `${stack.url}/health/live` },
    'cookie, small: GET /v1/browser-sessions/current': {
      url: `${stack.url}/v1/browser-sessions/current`,
      headers: { cookie },
    },
    'bare, models': { url: `${bare.url}/models` },
    'key: GET /v1/models': { url: `${stack.url}/v1/models`, headers: { authorization } },
  }
  const results = new Map<string, number[]>()
  // one round first to warm up; in rounds, so that a busy moment meets all of them
  for (let run = 0; run <= runs; run++) {
    for (const [name, target] of Object.entries(targets)) {
      const rate = await requestsPerSecond({ ...target, milliseconds })
      if (run) results.set(name, [...(results.get(name) ?? []), rate])
    }
  }
  bare.close()
  const rate = (name: string) => median(results.get(name)!)
  table('Trivial routes, 10 connections', ['route', 'requests/s', '× bare Fastify'])
  for (const name of results.keys()) {
    const against = rate(/small/.test(name) ? 'bare, small' : 'bare, models')
    line([name, Math.round(rate(name)), (rate(name) / against).toFixed(2)])
  }
}

/** Creates a turn; cancels what waits when there may be no more of it. */
async function addTurn(stack: Stack, sessionId: string): Promise<number> {
  for (;;) {
    const began = performance.now()
    try {
      await stack.client.turns.create(sessionId, { instruction: 'a red circle on blue', images: [] })
      return performance.now() - began
    } catch (error) {
      if (!(error instanceof AtelierApiError) || error.status !== 429) throw error
      await ask(stack, 'POST', '/v1/admin/queue/drain')
    }
  }
}

async function benchPost(stack: Stack, runs: number): Promise<void> {
  const all: [p50: number, p99: number][] = []
  for (let run = 0; run <= runs; run++) {
    const { id } = await stack.client.sessions.create()
    const times: number[] = []
    for (let turn = 0; turn < 100; turn++) times.push(await addTurn(stack, id))
    if (run) all.push([percentile(times, 0.5), percentile(times, 0.99)])
    await ask(stack, 'POST', '/v1/admin/queue/drain')
  }
  table('POST turn, 100 a run, one at a time', ['', 'ms'])
  line(['p50', median(all.map(([p50]) => p50)).toFixed(1)])
  line(['p99', median(all.map(([, p99]) => p99)).toFixed(1)])
}

/** Joins a session; the milliseconds until its snapshot, and the snapshot's bytes. */
async function join(stack: Stack, sessionId: string): Promise<[ms: number, bytes: number]> {
  const began = performance.now()
  const events = stack.client.events(sessionId)
  try {
    return await new Promise((resolve, reject) => {
      events.on('snapshot', (snapshot) => resolve([performance.now() - began, JSON.stringify(snapshot).length]))
      events.on('error', reject)
    })
  } finally {
    events.close()
  }
}

async function benchSessions(stack: Stack, runs: number, lengths: readonly number[]): Promise<void> {
  table('One session, a chain of turns', ['turns', 'GET ms', 'GET KB', 'connect and join ms', 'join KB'])
  const { id } = await stack.client.sessions.create()
  let made = 0
  for (const length of lengths) {
    while (made < length) {
      await addTurn(stack, id)
      made += 1
      if (made % 200 === 0) await ask(stack, 'POST', '/v1/admin/queue/drain')
    }
    const gets: number[] = []
    const joins: number[] = []
    let [bytes, joinBytes] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const began = performance.now()
      bytes = JSON.stringify(await ask(stack, 'GET', `/v1/sessions/${id}`)).length
      gets.push(performance.now() - began)
      const [ms, size] = await join(stack, id)
      joins.push(ms)
      joinBytes = size
    }
    const kb = (size: number) => (size / 1000).toFixed(1)
    line([length, median(gets).toFixed(1), kb(bytes), median(joins).toFixed(1), kb(joinBytes)])
  }
}

/** Transactions that the database has carried out so far. */
async function transactions(stack: Stack): Promise<number> {
  const answer = await fetch(`${stack.url}/metrics`, { headers: { authorization: `Bearer ${stack.token}` } })
  return Number(/^atelier_database_transactions_total (\S+)$/m.exec(await answer.text())![1])
}

async function transactionsPerSecond(stack: Stack, runs: number): Promise<number> {
  const rates: number[] = []
  // the metrics are read every five seconds at most
  const seconds = 6
  for (let run = 0; run < runs; run++) {
    const before = await transactions(stack)
    await sleep(seconds * 1000)
    rates.push(((await transactions(stack)) - before) / seconds)
  }
  return median(rates)
}

/** Joins sessions of many owners, so that no limit of one of them is in the way. */
async function benchSockets(stack: Stack, runs: number, sockets: number): Promise<void> {
  const alone = await transactionsPerSecond(stack, runs)
  const open: (() => void)[] = []
  const perOwner = 10
  for (let made = 0; made < sockets; made += perOwner) {
    const { token } = await ask(stack, 'POST', '/v1/admin/keys', { name: `bench ${made}` })
    const client = new Atelier({ url: stack.url, token: token as string })
    for (let number = 0; number < Math.min(perOwner, sockets - made); number++) {
      const { id } = await client.sessions.create()
      const events = client.events(id)
      await new Promise((resolve, reject) => {
        events.on('snapshot', resolve)
        events.on('error', reject)
      })
      open.push(() => events.close())
    }
  }
  await sleep(2000)
  const joined = await transactionsPerSecond(stack, runs)
  for (const close of open) close()
  table('Idle, database transactions a second', ['', 'transactions/s'])
  line(['no socket', alone.toFixed(1)])
  line([`${sockets} joined sockets`, joined.toFixed(1)])
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      turns: { type: 'string', default: '10,1000,10000' },
      sockets: { type: 'string', default: '300' },
      seconds: { type: 'string', default: '1.5' },
    },
  })
  const runs = typedNumber('--runs', values.runs, { from: 5, whole: true })
  const sockets = typedNumber('--sockets', values.sockets, { from: 0, whole: true })
  const seconds = typedNumber('--seconds', values.seconds, { from: 0.1 })
  const turns = values.turns.split(',').map((text) => typedNumber('each of --turns', text, { from: 1, whole: true }))
  const data = mkdtempSync(joinPath(tmpdir(), 'atelier bench '))
  const stack = await startStack(data, { ANONYMOUS_LIMIT_PER_MINUTE: '0' })
  try {
    await ask(stack, 'POST', '/v1/admin/queue/pause')
    console.log(`npm run bench:api -- --runs ${runs} --turns ${values.turns} --sockets ${sockets} --seconds ${seconds}`)
    console.log(`(medians of ${runs} runs; Node ${process.version})`)
    await benchTrivial(stack, runs, seconds * 1000)
    await benchPost(stack, runs)
    if (sockets) await benchSockets(stack, runs, sockets)
    await benchSessions(stack, runs, turns)
  } finally {
    await stack.close()
    rmSync(data, { recursive: true, force: true })
  }
}

if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  console.log(usage)
} else {
  await main().catch((error: unknown) => {
    const wrong = error instanceof TypeError
    console.error(wrong ? `${messageOf(error)}\n\n${usage}` : `bench:api: ${messageOf(error)}`)
    process.exitCode = wrong ? 2 : 1
  })
}
