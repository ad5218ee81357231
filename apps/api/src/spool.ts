import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtelierError } from '@atelier/contracts'
import type { FastifyBaseLogger } from 'fastify'

const prefix = 'atelier-upload-'
const host = hostname().replace(/[^\w.]/g, '_')
/** A folder this old, in milliseconds, belongs to nobody: no request takes so long. */
const oldMs = 24 * 3600 * 1000
/** Most uploads that are being received or read at once: of an owner, and of all. */
const most = { owner: 8, all: 64 }
const retryAfterSeconds = 5
/** Folders of this process, whichever API made them. */
const mine = new Set<string>()

/**
 * Temporary folders for uploads. Bodies are kept on disk while they arrive and are read, so that slow ones hold no
 * memory; how many there are at once is bounded.
 */
export class Spool {
  private readonly open = new Map<string, number>()

  /** @param directory - default: the system's for temporary files */
  constructor(private readonly directory = tmpdir()) {}

  /**
   * Works with a new folder, and removes it whatever happens.
   *
   * @throws AtelierError `busy` while the owner, or all together, have too many
   */
  async with<T>(ownerId: string, use: (folder: string) => Promise<T>): Promise<T> {
    const own = this.open.get(ownerId) ?? 0
    const all = [...this.open.values()].reduce((sum, count) => sum + count, 0)
    if (own >= most.owner || all >= most.all)
      throw new AtelierError('busy', undefined, { uploads: own, retryAfterSeconds })
    this.open.set(ownerId, own + 1)
    let folder: string | undefined
    try {
      folder = await mkdtemp(join(this.directory, `${prefix}${host}-${process.pid}-`))
      mine.add(folder)
      return await use(folder)
    } finally {
      const left = this.open.get(ownerId)! - 1
      if (left) this.open.set(ownerId, left)
      else this.open.delete(ownerId)
      if (folder !== undefined) {
        await rm(folder, { recursive: true, force: true })
        mine.delete(folder)
      }
    }
  }

  /** Removes the folders of processes of this machine that are gone, and all that are older than a day. */
  async sweep(logger: FastifyBaseLogger): Promise<void> {
    const names = await readdir(this.directory).catch(() => [])
    for (const name of names.filter((one) => one.startsWith(prefix))) {
      const folder = join(this.directory, name)
      if (mine.has(folder) || !(await isLeft(folder, name))) continue
      await rm(folder, { recursive: true, force: true }).catch((error: unknown) =>
        logger.warn({ err: error, folder }, 'the folder of an upload that was cut off could not be removed'),
      )
    }
  }
}

async function isLeft(folder: string, name: string): Promise<boolean> {
  const [, machine, pid] = /^(.*)-(\d+)-[^-]+$/.exec(name.slice(prefix.length)) ?? []
  // containers that share a folder have numbers of their own: another machine's process cannot be asked for
  if (machine === host) return Number(pid) === process.pid || !isAlive(Number(pid))
  const age = await stat(folder).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  )
  return age > oldMs
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
