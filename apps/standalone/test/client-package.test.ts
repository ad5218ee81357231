import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { Atelier } from '@atelier/client'
import { eventually, sharedBrowser, testUnless } from '@atelier/testing'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { build, createLogger } from 'vite'
import { startDoorStack, type DoorStack } from './openai/door-stack.js'
import { root } from './start-stack.js'

const run = promisify(execFile)
const env = { ...process.env, NODE_OPTIONS: '', npm_config_update_notifier: 'false' }
const chromiumServer = sharedBrowser()

/** The folders of a package and of all that it needs, by name, as they are installed here. */
async function installed(name: string, from = root, found = new Map<string, string>()) {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name)!
  for (const place of places) {
    const text = await readFile(join(place, name, 'package.json'), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const folder = join(place, name)
    found.set(name, folder)
    for (const next of Object.keys(JSON.parse(text).dependencies ?? {}))
      if (!found.has(next)) await installed(next, folder, found)
    return found
  }
  throw new Error(`${name} is not installed`)
}

const packageFolder = join(root, 'packages/client')
const readme = await readFile(join(packageFolder, 'README.md'), 'utf8')
const blocks = (language: string) =>
  Array.from(readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm')), (match) => match[1]!)

describe('the package of the client, packed and installed elsewhere', () => {
  let stack: DoorStack
  let folder: string
  let tarball: string
  /** Serves the built page, from another origin than the API's. */
  const pages = createServer(async ({ url }, response) => {
    const name = url === '/' ? 'index.html' : `assets/${basename(url!)}`
    const body = await readFile(join(folder, 'dist', name)).catch(() => undefined)
    response.setHeader('content-type', name.endsWith('.js') ? 'text/javascript' : 'text/html')
    response.writeHead(body ? 200 : 404).end(body)
  })
  let origin: string
  const pack = async (from: string) => {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: from, env })
    return stdout.trim().split('\n').at(-1)!
  }
  const tsc = (...options: string[]) =>
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--strict', ...options], {
      cwd: folder,
      env,
    }).catch((error: { stdout: string }) => assert.fail(error.stdout))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atelier package '))
    await once(pages.listen(0, '127.0.0.1'), 'listening')
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
    // so many steps that a socket is open before the last of them
    stack = await startDoorStack({ corsOrigins: [origin], steps: 300 })
    tarball = await pack(packageFolder)
    // what it needs comes from here, not from a registry
    const overrides: Record<string, string> = {}
    for (const [name, from] of await installed('socket.io-client')) overrides[name] = `file:${await pack(from)}`
    const dependencies = { '@atelier/client': `file:${tarball}`, 'socket.io-client': overrides['socket.io-client'] }
    delete overrides['socket.io-client']
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies, overrides }))
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, env })
  })
  afterAll(async () => {
    await stack.close()
    pages.closeAllConnections()
    pages.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('has its code, types, README and licence, and nothing of the server’s', async () => {
    const at = join(folder, 'node_modules/@atelier/client')
    const {
      dependencies,
      devDependencies: _,
      private: hidden,
      ...rest
    } = JSON.parse(await readFile(join(at, 'package.json'), 'utf8'))
    assert.deepEqual([Object.keys(dependencies), hidden, rest.license], [['socket.io-client'], undefined, 'Apache-2.0'])
    assert.deepEqual((await readdir(at)).sort(), ['LICENSE', 'README.md', 'dist', 'package.json', 'src'])
    const files = await readdir(join(at, 'dist/src'))
    for (const name of files.filter((file) => /\.(js|d\.ts)$/.test(file)))
      assert.doesNotMatch(await readFile(join(at, 'dist/src', name), 'utf8'), /from '(@atelier|zod)|import\("zod/, name)
    assert.deepEqual(
      (await readdir(join(folder, 'node_modules'))).filter((name) => /react|zod|fastify/.test(name)),
      [],
    )
  })

  it('does in Node what its README says, word for word', async () => {
    const png = (background: string) =>
      sharp({ create: { width: 64, height: 64, channels: 3, background } })
        .png()
        .toBuffer()
    await writeFile(join(folder, 'photo.png'), await png('#345'))
    const half = await sharp({ create: { width: 32, height: 64, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    await writeFile(
      join(folder, 'mask.png'),
      await sharp(await png('#000'))
        .composite([{ input: half, left: 0, top: 0 }])
        .png()
        .toBuffer(),
    )
    await writeFile(join(folder, 'readme.ts'), blocks('ts').join('\n'))
    await mkdir(join(folder, 'types'), { recursive: true })
    await symlink(join(root, 'node_modules/@types/node'), join(folder, 'types/node'))
    const strict = ['--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--target', 'es2022']
    await tsc(...strict, '--module', 'nodenext', '--typeRoots', 'types', '--types', 'node', 'readme.ts')
    const { stdout } = await run(process.execPath, ['readme.js'], {
      cwd: folder,
      env: { ...env, ATELIER_URL: stack.url, ATELIER_KEY: stack.token },
    })
    assert.match(stdout, /^\d+ of 300$/m)
    assert.match(stdout, /\/objects\//)
    assert.match(stdout, /does not exist|not found|no such/i)
    assert.equal((await sharp(join(folder, 'circle.png')).metadata()).format, 'png')
    const sessions = await stack.sql<{ instruction: string; status: string }>(
      `SELECT t.instruction, g.status FROM turns t JOIN generations g ON g.turn_id = t.id
       JOIN sessions s ON s.id = t.session_id AND s.title = 'A circle' ORDER BY t.created_at`,
    )
    assert.deepEqual(
      sessions.map(({ instruction, status }) => [instruction, status]),
      [
        ['a red circle on a blue background', 'succeeded'],
        ['make the circle green', 'succeeded'],
        ['make the circle yellow', 'succeeded'],
        ['a yellow star', 'succeeded'],
        ['a blue background', 'succeeded'],
        ['make it night', 'succeeded'],
        ['a large house', sessions.at(-1)!.status],
      ],
    )
  })

  it('cancels a run that is stopped, wherever it is', async () => {
    const atelier = new Atelier({ url: stack.url, token: stack.token })
    const session = await atelier.sessions.create()
    const turn = { instruction: 'slow', images: [], parameters: { steps: 1000, width: 512, height: 512, count: 2 } }
    const stopAt = async (options: { onProgress?: () => void; signal: AbortSignal }) => {
      await assert.rejects(atelier.turns.run(session.id, turn, options), /no longer/)
      const [last] = (await atelier.sessions.get(session.id)).turns.toReversed()
      for (const { id } of last!.generations)
        await eventually('it is cancelled', async () => (await atelier.generations.get(id)).status === 'cancelled')
    }
    const running = new AbortController()
    const stop = () => running.abort(new Error('no longer'))
    await stopAt({ onProgress: stop, signal: running.signal })
    const creating = new AbortController()
    setTimeout(() => creating.abort(new Error('no longer')), 1)
    await stopAt({ signal: creating.signal })
    await assert.rejects(
      atelier.turns.run(session.id, turn, { signal: AbortSignal.abort(new Error('no longer')) }),
      /no longer/,
    )
    assert.equal(
      (await atelier.sessions.get(session.id)).turns.length,
      2,
      'one that is stopped before it begins is none',
    )
  })

  it('is checked without the types of Node, for a browser', async () => {
    await writeFile(
      join(folder, 'browser.ts'),
      `import { Atelier, type Generation } from '@atelier/client'
       import { AtelierAdmin } from '@atelier/client/admin'
       export const told: string = (await new AtelierAdmin({ url: location.origin }).health()).summary
       const atelier = new Atelier({ url: location.origin })
       export const send = async (file: File): Promise<Generation[]> => {
         const { id } = await atelier.images.upload(file)
         const session = await atelier.sessions.create()
         const turn = { instruction: 'x', images: [{ imageId: id, maskMode: 'keep' as const, maskId: null }] }
         return (await atelier.turns.run(session.id, turn)).generations
       }
       // @ts-expect-error: not a mode
       void atelier.turns.create('ses_x', { instruction: 'x', images: [{ imageId: 'img_x', maskMode: 'other' }] })
       // @ts-expect-error: not a code
       export const wrong = (await atelier.turns.get('trn_x')).generations[0]!.error?.code === 'no_such_code'`,
    )
    const browser = ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom', '--types', '']
    await tsc(...browser, '--target', 'es2022', '--noEmit', 'browser.ts')
  })

  testUnless(chromiumServer.missing)('does in a browser what its README says, by its hook for React', async () => {
    const modules = join(folder, 'node_modules')
    await mkdir(join(modules, '@types'), { recursive: true })
    for (const name of ['react', 'react-dom', 'scheduler', '@types/react', '@types/react-dom'])
      await symlink(join(root, 'node_modules', name), join(modules, name))
    const chat = blocks('tsx').join('\n').replace('https://atelier.example', stack.url).replace('atl_…', stack.token)
    assert.ok(chat.includes(stack.url) && chat.includes(stack.token))
    await writeFile(join(folder, 'chat.tsx'), chat)
    await writeFile(
      join(folder, 'main.tsx'),
      `import { createRoot } from 'react-dom/client'
       import { Atelier } from '@atelier/client'
       import { Chat } from './chat.js'
       const atelier = new Atelier({ url: '${stack.url}', token: '${stack.token}' })
       const { id } = await atelier.sessions.create()
       createRoot(document.body.appendChild(document.createElement('div'))).render(<Chat sessionId={id} />)
       Object.assign(window, { sessionId: id, upload: (source: string) => atelier.images.upload(source) })`,
    )
    const options = ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022', '--lib', 'es2022,dom']
    await tsc(...options, '--jsx', 'react-jsx', '--types', '', '--noEmit', 'main.tsx')
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/main.tsx"></script>',
    )
    const warnings: string[] = []
    const customLogger = createLogger('warn')
    customLogger.warn = customLogger.warnOnce = (text) => void warnings.push(text)
    await build({ root: folder, configFile: false, logLevel: 'warn', customLogger, build: { target: 'es2022' } })
    assert.deepEqual(warnings, [], 'a bundler has nothing to say')

    const browser = await chromium.connect(chromiumServer.url)
    try {
      const page = await browser.newPage()
      page.setDefaultTimeout(60_000)
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text())
      })
      await page.goto(origin)
      for (const words of ['a red circle', 'make it green']) {
        await page
          .getByPlaceholder('What to make or change')
          .fill(words)
          .catch(() => assert.fail(problems.join('\n')))
        await page.keyboard.press('Enter')
        const picture = page.getByRole('img', { name: words })
        await picture.waitFor()
        await eventually('the picture is there', () =>
          picture.evaluate((image: any) => image.complete && image.naturalWidth > 0),
        )
      }
      assert.match(await page.evaluate(`upload('photo.png').catch((error) => String(error.cause))`), /Give a Blob/)
      assert.deepEqual(problems, [])
      const turns = await stack.sql<{ parent: string }>(
        'SELECT parent_turn_id AS parent FROM turns WHERE session_id = $1 ORDER BY seq',
        [await page.evaluate('sessionId')],
      )
      assert.deepEqual(
        turns.map(({ parent }) => parent === null),
        [true, false],
      )
    } finally {
      await browser.close()
    }
  })
})
