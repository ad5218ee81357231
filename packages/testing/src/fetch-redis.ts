import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/redis', import.meta.url))
/** Debian's packages that a Redis server is made of. */
const packages = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1', 'libssl3']

/** How to start a Redis server: the program, and where its libraries are unless the system has them. */
export interface RedisProgram {
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

/** Gets Debian's packages and unpacks them, changing nothing of the system; needs no root. */
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
 * The Redis server of this machine, or one from Debian's packages, kept under `node_modules/.cache`. Where there is
 * neither, the reason in a sentence.
 */
export async function fetchRedis(): Promise<RedisProgram | string> {
  const here = installed() ?? fetched()
  if (here) return here
  try {
    await fetchPackages()
    return fetched() ?? 'the packages of Debian have no redis-server'
  } catch (error) {
    return `no redis-server on the PATH, and Debian's packages cannot be had here (${String((error as Error).message).split('\n')[0]})`
  }
}
