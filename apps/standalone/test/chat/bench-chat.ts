// npm run bench:chat: what the page costs in a browser, before the embedded stack, with the targets beside it.
import { cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startBrowser } from '@atelier/testing/browser-server'
import type { CDPSession, Page } from 'playwright-core'
import { frameProbe, interactiveProbe, stepProbe, typingProbe } from './page-probes.js'
import { say, startChat, type Chat } from './start-chat.js'

const usage = `Usage: npm run bench:chat [-- --turns N --loads N --passes N --slow N --data FOLDER]
Prints: scripts of the first load, time until one can type, scrolling a long conversation and typing in it on a slower
processor, memory, and how soon a live step is seen. Ends with 1 if a target is missed.
  --turns N   turns of the long conversation, with two pictures each (default 500)
  --loads N   first loads (default 5)
  --passes N  times that the long conversation is scrolled up and down (default 3)
  --data FOLDER  keeps the data of the stack there, and uses the long conversation that is there (making 500 turns takes minutes)
  --slow N    how many times slower the processor is for scrolling and typing (default 4)`

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '500' },
    loads: { type: 'string', default: '5' },
    passes: { type: 'string', default: '3' },
    slow: { type: 'string', default: '4' },
    data: { type: 'string' },
    help: { type: 'boolean' },
  },
})
const [turns, loads, passes, slow] = [values.turns, values.loads, values.passes, values.slow].map(Number) as [
  number,
  number,
  number,
  number,
]

const percentile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? NaN

let missed = 0
function line(what: string, target: string, measured: string, ok: boolean): void {
  if (!ok) missed += 1
  console.log(`| ${what} | ${target} | ${measured} | ${ok ? '' : 'missed'} |`)
}
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`

/** Loads the page in browsers that have never seen it. */
async function benchFirstLoad(chat: Chat): Promise<void> {
  const times: number[] = []
  let bytes = 0
  for (let n = 0; n < loads; n += 1) {
    const scripts: Promise<Buffer>[] = []
    const page = await chat.open(null, { probes: [interactiveProbe] })
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(response.body())
    })
    await page.goto(chat.url)
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    await page.waitForLoadState('networkidle')
    times.push((await page.evaluate('window.__interactive')) as number)
    bytes = (await Promise.all(scripts)).reduce((sum, body) => sum + gzipSync(body).length, 0)
    await page.context().close()
  }
  line('scripts of the first load, gzip', '200 KB', `${(bytes / 1000).toFixed(0)} KB`, bytes <= 200_000)
  const median = percentile(times, 0.5)
  line(`until one can type, median of ${loads} loads`, '1000 ms', ms(median), median <= 1000)
}

/** A conversation of so many turns with two pictures each, on one path. */
async function longConversation({ api }: Chat): Promise<string> {
  const title = `${turns} turns, two pictures each`
  const [kept] = (await api.sessions.list({ query: title })).data
  if (kept) return kept.id
  const { id } = await api.sessions.create({ title: 'Being made' })
  const colours = ['red', 'green', 'blue', 'yellow', 'purple', 'pink', 'white']
  let last = ''
  for (let n = 1; n <= turns; n += 1) {
    const instruction = `${n}: a ${colours[n % 7]} circle on a ${colours[(n + 1 + (n % 5)) % 7]} background`
    const { generations } = await api.turns.create(id, {
      instruction,
      images: [],
      parameters: { steps: 1, count: 2, seed: n },
    })
    last = generations.at(-1)!.id
    // as many as may wait
    if (n % 100 === 0) await api.generations.wait(last)
  }
  await api.generations.wait(last)
  await api.sessions.update(id, { title })
  return id
}

/**
 * Milliseconds of the processor that each task of the page's main thread took while something was done. Unlike the time
 * between frames they are the page's own, also on a machine that others use.
 */
async function tasksOf(client: CDPSession, act: () => Promise<void>): Promise<number[]> {
  type TraceEvent = { name: string; ph: string; pid: number; tid: number; ts: number; dur: number; tdur?: number }
  const events: (TraceEvent & { args: { name?: string } })[] = []
  const collect = ({ value }: { value: unknown[] }) => void events.push(...(value as typeof events))
  client.on('Tracing.dataCollected', collect)
  const complete = new Promise<void>((done) => client.once('Tracing.tracingComplete', () => done()))
  await client.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel'] },
  })
  await act()
  await client.send('Tracing.end')
  await complete
  client.off('Tracing.dataCollected', collect)
  const threads = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
  const tasks = threads.map(({ pid, tid }) => {
    const mine = events.filter((event) => event.ph === 'X' && event.pid === pid && event.tid === tid)
    let end = 0
    // those within another one are a part of it
    return mine
      .sort((a, b) => a.ts - b.ts || b.dur - a.dur)
      .filter(({ ts, dur }) => {
        if (ts < end) return false
        end = ts + dur
        return true
      })
  })
  const busiest = tasks.sort((a, b) => b.length - a.length)[0] ?? []
  return busiest.map(({ tdur = 0 }) => tdur / 1000)
}

async function heapOf(client: CDPSession): Promise<number> {
  for (let n = 0; n < 3; n += 1) await client.send('HeapProfiler.collectGarbage')
  const { metrics } = await client.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value
}

/** Scrolls by the wheel until nothing moves any more; earlier turns are asked for where a button offers them. */
async function scrollToEnd(page: Page, by: number): Promise<void> {
  const thread = page.getByRole('list', { name: 'Turns' })
  const box = (await page.getByRole('main').boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  const place = async () =>
    thread.evaluate((list: any) => {
      let element = list
      while (element && element.scrollHeight <= element.clientHeight + 1) element = element.parentElement
      return element ? `${element.scrollTop} ${element.scrollHeight}` : ''
    })
  for (let still = 0, last = ''; still < 12;) {
    await page.mouse.wheel(0, by)
    await sleep(40)
    const earlier = page.getByRole('button', { name: 'Show earlier turns' })
    if (by < 0 && (await earlier.isVisible())) await earlier.click()
    const now = await place()
    still = now === last ? still + 1 : 0
    last = now
  }
}

async function benchLongConversation(chat: Chat): Promise<void> {
  const id = await longConversation(chat)
  const long = await chat.open(null, { probes: [frameProbe, typingProbe] })
  const client = await long.context().newCDPSession(long)
  await client.send('Performance.enable')
  await client.send('Emulation.setCPUThrottlingRate', { rate: slow })
  await long.goto(`${chat.url}/c/${id}`)
  await long.getByText(`${turns}: `).first().waitFor()
  await sleep(2000)
  const heaps: number[] = []
  const passFrames: number[][] = []
  let slowest: string[] = []
  let tasks: number[] = []
  for (let n = 0; n < passes; n += 1) {
    await long.evaluate('window.__watchFrames(true)')
    tasks = await tasksOf(client, async () => {
      await scrollToEnd(long, -900)
      if (n === 0) await long.getByText(/^1: /).first().waitFor()
      await scrollToEnd(long, 900)
    })
    passFrames.push((await long.evaluate('window.__frames')) as number[])
    slowest = (await long.evaluate('window.__slow')) as string[]
    await long.evaluate('window.__watchFrames(false)')
    heaps.push(await heapOf(client))
  }
  const what = `scrolling ${turns} turns with ${2 * turns} pictures at ${slow}× slow-down`
  const frames = passFrames.at(-1)!
  const worst = Math.max(...frames)
  const over = frames.filter((frame) => frame > 50).length
  line(`${what}: longest of ${frames.length} frames, all turns read`, '50 ms', ms(worst), worst <= 50)
  line('— the same, first pass, while earlier turns are read', '', ms(Math.max(...passFrames[0]!)), true)
  line(
    '— frames over 50 ms · median · 99 %',
    '0',
    `${over} · ${ms(percentile(frames, 0.5))} · ${ms(percentile(frames, 0.99))}`,
    over === 0,
  )
  line(
    '— processor time of the page: longest task · tasks over 50 ms',
    '50 ms · 0',
    `${ms(Math.max(...tasks))} · ${tasks.filter((task) => task > 50).length} of ${tasks.length}`,
    true,
  )
  for (const frame of slowest.slice(0, 8)) console.error(`  long frame: ${frame}`)
  const [first, last] = [heaps[0]!, heaps.at(-1)!]
  const mb = (bytes: number) => (bytes / 1e6).toFixed(1)
  line(`script memory after pass 1 … ${passes}`, 'flat (±10 %)', `${heaps.map(mb).join(' → ')} MB`, last <= first * 1.1)
  await benchTyping(long, client)
  await long.context().close()
}

async function benchTyping(page: Page, client: CDPSession): Promise<void> {
  await page.getByRole('textbox', { name: 'Instruction' }).click()
  await page.evaluate('window.__typing = []')
  const tasks = await tasksOf(client, async () => {
    await page.keyboard.type('a yellow star in the top right corner, and a small blue square below it', { delay: 60 })
    await sleep(500)
  })
  const typing = (await page.evaluate('window.__typing')) as number[]
  const worst = Math.max(...typing)
  line(
    `typing in it at ${slow}× slow-down, ${typing.length} keys: slowest · median`,
    '50 ms',
    `${ms(worst)} · ${ms(percentile(typing, 0.5))}`,
    worst <= 50,
  )
  const total = tasks.reduce((sum, task) => sum + task, 0)
  line('— processor time of the page for each key', '50 ms', ms(total / typing.length), true)
}

async function benchSteps(chat: Chat): Promise<void> {
  const live = await chat.open('/', { probes: [stepProbe] })
  const latencies: number[] = []
  for (const instruction of ['a red circle on a blue background', 'make the circle green', 'make it night']) {
    await say(live, instruction)
    await live.getByText(instruction).first().waitFor()
    await sleep(4000)
    latencies.push(...((await live.evaluate('window.__steps.splice(0)')) as number[]))
  }
  const worst = Math.max(...latencies)
  line(
    `from a live step's event to its frame, ${latencies.length} steps: slowest · median`,
    '50 ms',
    `${ms(worst)} · ${ms(percentile(latencies, 0.5))}`,
    latencies.length > 10 && worst <= 50,
  )
  await live.context().close()
}

async function main(): Promise<void> {
  if (values.help) return console.log(usage)
  console.log(
    `\n${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}: what others run makes the times longer.`,
  )
  console.log('\n| what | target | measured | |\n|---|---:|---:|---|')
  const browser = await startBrowser()
  if (typeof browser === 'string') throw new Error(browser)
  const chat = await startChat(browser.url, {}, values.data && resolve(values.data))
  try {
    await benchFirstLoad(chat)
    await benchSteps(chat)
    await benchLongConversation(chat)
  } finally {
    await chat.close()
    await browser.stop()
  }
  console.log(`\nLoad at the end: ${loadavg()[0]!.toFixed(1)}.`)
  process.exitCode = missed ? 1 : 0
}
await main()
