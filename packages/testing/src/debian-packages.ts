import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const caches = fileURLToPath(new URL('../../../../node_modules/.cache/', import.meta.url))

/** How to start a program: the file, and where its libraries are unless the system has them. */
export interface FetchedProgram {
  program: string
  libraries?: string
}

/** A program in Debian's packages. */
interface DebianProgram {
  /** Its name on the PATH. */
  name: string
  /** Where the packages put it. */
  path: string
  /** Folder of the cache. */
  folder: string
  /** The packages that it is made of. */
  packages: readonly string[]
}

function installed(name: string): FetchedProgram | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  const folder = folders.find((f) => existsSync(join(f, name)))
  return folder === undefined ? undefined : { program: join(folder, name) }
}

function fetched({ path, folder }: DebianProgram): FetchedProgram | undefined {
  const program = join(caches, folder, path)
  if (!existsSync(program)) return undefined
  const libraries = readdirSync(join(caches, folder, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'))
  return { program, ...(libraries && { libraries: join(caches, folder, 'usr/lib', libraries) }) }
}

/** Downloads Debian's packages and unpacks them. Changes nothing of the system and needs no root. */
async function fetchPackages({ folder, packages }: DebianProgram): Promise<void> {
  const cache = join(caches, folder)
  const work = `${cache}.${process.pid}`
  for (const name of ['lists/partial', 'cache/archives/partial', 'debs', 'root'])
    mkdirSync(join(work, name), { recursive: true })
  const options = [
    `Dir::State::lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option])
  const apt = (...args: string[]) => run('apt-get', [...options, ...args], { cwd: join(work, 'debs'), timeout: 60_000 })
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
 * Finds a program on this machine, or downloads it from Debian's packages to `node_modules/.cache`.
 *
 * @returns how to start it, or why there is none
 */
export async function fetchProgram(wanted: DebianProgram): Promise<FetchedProgram | string> {
  const here = installed(wanted.name) ?? fetched(wanted)
  if (here) return here
  try {
    await fetchPackages(wanted)
    return fetched(wanted) ?? `Debian’s packages have no ${wanted.name}`
  } catch (error) {
    return `no ${wanted.name} on the PATH, and no way to Debian's packages (${String((error as Error).message).split('\n')[0]})`
  }
}
