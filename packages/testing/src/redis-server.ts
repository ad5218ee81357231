import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@atelier/embedded-postgres'
import type { RedisProgram } from './fetch-redis.js'

/** A Redis server of our own. */
export interface TestRedis {
  url: string
  stop(): Promise<void>
}

/** Starts a Redis server on a free port of the loopback, without persistence. */
export async function startRedis({ program, libraries }: RedisProgram): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'atelier redis '))
  const port = await freePort()
  const child = spawn(
    program,
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      'noeviction',
      '--dir',
      folder,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) } },
  )
  const kill = () => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  await new Promise<void>((resolve, reject) => {
    let log = ''
    child.stdout.on('data', (data: Buffer) => {
      log += String(data)
      if (log.includes('Ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server ended: ${log}`)))
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      process.off('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
