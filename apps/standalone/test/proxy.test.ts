import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from '@jest/globals'
import { Atelier } from '@atelier/client'
import {
  describeUnless,
  eventually,
  fetchNginx,
  freePort,
  sharedBrowser,
  startNginx,
  testUnless,
} from '@atelier/testing'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { imagesOf, say, turnOf } from './chat/start-chat.js'
import { root, startStack, type StartedStack } from './start-stack.js'

const nginx = await fetchNginx()
const chromiumServer = sharedBrowser()

/** The nginx example of docs/proxy.md, without TLS, on a port that is free, before this stack. */
function documentedExample(api: string): string {
  const block = /```nginx\n([\s\S]*?)```/.exec(readFileSync(`${root}/docs/proxy.md`, 'utf8'))![1]!
  return block
    .replace('listen 443 ssl;', 'listen 127.0.0.1:PORT;')
    .replace(/ +ssl_certificate.*\n/g, '')
    .replace('http://127.0.0.1:8080', api)
}

describeUnless(typeof nginx === 'string' && nginx)('behind nginx at /atelier', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atelier proxy '))
  let stack: StartedStack
  let proxy: Awaited<ReturnType<typeof startNginx>>
  let base: string
  let token: string
  let client: Atelier
  let sessionId: string

  beforeAll(async () => {
    const data = join(folder, 'data')
    stack = await startStack({
      ATELIER_DATA: data,
      PORT: String(await freePort()),
      BASE_PATH: '/atelier',
      TRUST_PROXY: '127.0.0.1',
      BOARD_ACTIONS: 'true',
    })
    token = readFileSync(join(data, 'key'), 'utf8').trim()
    proxy = await startNginx(nginx as Exclude<typeof nginx, string>, documentedExample(stack.url))
    base = `${proxy.url}/atelier`
    client = new Atelier({ url: base, token })
    sessionId = (await client.sessions.create()).id
  })
  afterAll(async () => {
    await proxy?.stop()
    await stack?.stop('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  it('says the address with the path when it starts', () => {
    assert.match(stack.output(), new RegExp(`Page +${stack.url}/atelier/#sign-in=[0-9a-f]{64}\n`))
  })

  it('makes a picture, tells of it over the socket, and gives it by its signed link', async () => {
    const events = client.events(sessionId, { afterSeq: 0 })
    const heard: string[] = []
    events.on('event', ({ type }) => heard.push(type))
    const { generations } = await client.turns.create(sessionId, {
      instruction: 'a red circle',
      parameters: { seed: 1 },
    })
    const { images } = await client.generations.wait(generations[0]!.id)
    await eventually('the socket tells of the end', () => heard.includes('generation-succeeded'))
    events.close()
    const { url, thumbnailUrl } = images[0]!
    assert.match(url, /^\/atelier\/objects\//)
    for (const link of [url, thumbnailUrl]) {
      const answer = await fetch(new URL(link, base))
      assert.equal(answer.status, 200)
      assert.match(answer.headers.get('content-type') ?? '', /^image\//)
    }
    assert.equal((await fetch(new URL(url.replace(/signature=.../, 'signature=AAA'), base))).status, 404)
  })

  it('upgrades to a WebSocket', async () => {
    const asked = request(`${base}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.from('0123456789abcdef').toString('base64'),
      },
    }).end()
    const [answer, socket] = (await once(asked, 'upgrade')) as [{ statusCode: number }, { destroy(): void }]
    assert.equal(answer.statusCode, 101)
    socket.destroy()
  })

  it('streams events as they happen', async () => {
    const answer = await fetch(`${base}/v1/sessions/${sessionId}/events?token=${token}`)
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const until = async (what: RegExp) => {
      while (!what.test(text)) text += (await reader.read()).value ?? ''
    }
    await until(/event: generation-succeeded/)
    text = ''
    const { turn } = await client.turns.create(sessionId, { instruction: 'make the circle green' })
    await until(new RegExp(`event: turn-created\ndata: .*${turn.id}`))
    await reader.cancel()
  })

  it('takes an upload that is larger than what nginx allows by itself', async () => {
    const noise = Buffer.from(Uint8Array.from({ length: 800 * 800 * 3 }, (_, i) => (i * i * 2654435761) >>> 13))
    const file = await sharp(noise, { raw: { width: 800, height: 800, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer()
    assert.ok(file.length > 1.5e6)
    const image = await client.images.upload(new Uint8Array(file))
    assert.equal(image.width, 800)
  })

  it('shows the documentation, and redirects below the path', async () => {
    assert.equal((await fetch(`${base}`, { redirect: 'manual' })).status, 301)
    for (const address of ['/docs', '/docs/']) {
      const page = await (await fetch(base + address)).text()
      const script = /src="([^"]*swagger-initializer\.js)"/.exec(page)![1]!
      assert.equal((await fetch(new URL(script, base + address))).status, 200, address)
    }
    const redirected = await fetch(`${base}/docs/static/index.html`, { redirect: 'manual' })
    assert.equal(redirected.headers.get('location'), '/atelier/docs/')
    const { servers } = (await (await fetch(`${base}/openapi.json`)).json()) as { servers: { url: string }[] }
    assert.equal(servers[0]!.url, '/atelier')
    assert.equal((await fetch(`${base}/metrics`)).status, 404)
  })

  it('shows Bull Board, which takes changes from its own page alone', async () => {
    const authorization = `Basic ${Buffer.from(`any:${token}`).toString('base64')}`
    const page = await fetch(`${base}/admin/queues`, { headers: { authorization } })
    const html = await page.text()
    assert.match(html, /<base href="\/atelier\/admin\/queues\/"/)
    const script = /src="([^"]+\.js)"/.exec(html)![1]!
    const at = (path: string) => new URL(path, `${base}/admin/queues/`)
    assert.equal((await fetch(at(script), { headers: { authorization } })).status, 200)
    const queues = await fetch(at('api/queues'), { headers: { authorization } })
    assert.match(await queues.text(), /generations/)
    const pause = async (origin: string) =>
      (
        await fetch(at('api/queues/generations/resume'), {
          method: 'PUT',
          headers: { authorization, origin, 'content-type': 'application/json' },
          body: '{}',
        })
      ).status
    assert.equal(await pause(proxy.url), 200)
    assert.equal(await pause('https://evil.example'), 403)
  })

  testUnless(chromiumServer.missing)('shows the page, signs in and makes a picture', async () => {
    const browser = await chromium.connect(chromiumServer.url)
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('response', (answer) => {
      const { pathname } = new URL(answer.url())
      // the page asks first whether this browser is signed in
      if (answer.status() >= 400 && pathname !== '/atelier/v1/browser-sessions/current')
        problems.push(`${answer.status()} ${pathname}`)
    })
    await page.goto(`${base}/`)
    await page.getByLabel('Your key').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    await say(page, 'a yellow star on a blue background')
    const seen = () => eventually('the picture', async () => (await imagesOf(page, 'a yellow star')) === 1, 60_000)
    await seen()
    assert.deepEqual(
      (await page.context().cookies()).map(({ path }) => path),
      ['/atelier/'],
    )
    const picture = turnOf(page, 'a yellow star').locator('figure img').first()
    assert.match((await picture.getAttribute('src')) ?? '', /^\/atelier\/objects\//)
    assert.match(page.url(), /\/atelier\/c\/ses_[0-9a-z]{16}$/)
    await page.reload()
    await seen()
    await browser.close()
    assert.deepEqual(problems, [])
  })
})
