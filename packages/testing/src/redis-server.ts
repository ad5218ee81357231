import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@atelier/embedded-postgres'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/redis', import.meta.url))
/** Debian's packages that a Redis server is made of. */
const packages = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1', 'libssl3']

/** How to start a Redis server: the program, and where its libraries are unless the system has them. */
interface RedisProgram {
  program: string
  libraries?: string
}

function installed(): RedisProgram | undefined {
  const folder = (process.env.PATH ?? '').split(delimiter).find((f) => existsSync(join(f, 'redis-server')))
  return folder ? { program: join(folder, 'redis-server') } : undefined
}

function fetched(): RedisProgram | undefined {
  const program = join(cache, 'usr/bin/redis-server')
  if (!existsSync(program)) return undefined
  const libraries = readdirSync(join(cache, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'))
  return { program, ...(libraries && { libraries: join(cache, 'usr/lib', libraries) }) }
}

/** Downloads Debian's packages and unpacks them. Changes nothing of the system and needs no root. */
async function fetchPackages(): Promise<void> {
  const work = `${cache}.${process.pid}`
  for (const folder of ['lists/partial', 'cache/archives/partial', 'debs', 'root'])
    mkdirSync(join(work, folder), { recursive: true })
  const apt = (...args: string[]) =>
    run(
      'apt-get',
      [
        '-o',
        `Dir::State::lists=${work}/lists`,
        '-o',
        `Dir::Cache=${work}/cache`,
        '-o',
        'Debug::NoLocking=1',
        '-o',
        'APT::Sandbox::User=',
        ...args,
      ],
      { cwd: join(work, 'debs'), timeout: 60_000 },
    )
  try {
    await apt('update', '-qq')
    await apt('download', '-qq', ...packages)
    for (const name of readdirSync(join(work, 'debs')))
      await run('dpkg', ['-x', join(work, 'debs', name), join(work, 'root')])
    rmSync(cache, { recursive: true, force: true })
    renameSync(join(work, 'root'), cache)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * Finds the Redis server of this machine, or downloads one from Debian's packages to `node_modules/.cache`.
 *
 * @returns how to start it, or why there is none
 */
export async function fetchRedis(): Promise<RedisProgram | string> {
  const here = installed() ?? fetched()
  if (here) return here
  try {
    await fetchPackages()
    return fetched() ?? 'Debian’s packages have no redis-server'
  } catch (error) {
    return `no redis-server on the PATH, and no way to Debian's packages (${String((error as Error).message).split('\n')[0]})`
  }
}

/** A running Redis server. */
interface RedisServer {
  url: string
  stop(): Promise<void>
}

/** Starts a Redis server on a free port of the loopback, without persistence. */
export async function startRedis({ program, libraries }: RedisProgram): Promise<RedisServer> {
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
