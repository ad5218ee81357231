import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@atelier/embedded-postgres'
import { fetchProgram, type FetchedProgram } from './debian-packages.js'

export type { FetchedProgram }

/** Debian's packages that a Redis server is made of. */
const packages = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1', 'libssl3']

/**
 * Finds the Redis server of this machine, or downloads one from Debian's packages to `node_modules/.cache`.
 *
 * @returns how to start it, or why there is none
 */
export const fetchRedis = (): Promise<FetchedProgram | string> =>
  fetchProgram({ name: 'redis-server', path: 'usr/bin/redis-server', folder: 'redis', packages })

/** A running Redis server. */
interface RedisServer {
  url: string
  stop(): Promise<void>
}

/** Starts a Redis server on a free port of the loopback, without persistence. */
export async function startRedis({ program, libraries }: FetchedProgram): Promise<RedisServer> {
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
