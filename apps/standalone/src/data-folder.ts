import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StartError } from './start-error.js'

/** Below this many free bytes Postgres may stop in the middle of a write, so nothing is started. */
const leastFreeBytes = 200 * 1024 * 1024

/** The folder of the embedded stack (`ATELIER_DATA`): database, objects, secrets and the first key. */
export class DataFolder {
  /** Absolute path. */
  readonly path: string

  /** @param path - relative to the working directory, or absolute */
  constructor(path: string) {
    this.path = resolve(path)
  }

  /** Folder of the database's files. */
  get postgres(): string {
    return join(this.path, 'postgres')
  }
  /** Folder of the pictures. */
  get objects(): string {
    return join(this.path, 'objects')
  }
  /** File of the first admin key, mode 600. */
  get keyFile(): string {
    return join(this.path, 'key')
  }
  private get lockFile(): string {
    return join(this.path, 'running')
  }

  /**
   * Makes the folder (mode 700), checks that it can be written and that the disk has room, and marks it as in use.
   *
   * @returns takes the mark away
   * @throws StartError with what to do
   */
  open(): () => void {
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 })
      const { bavail, bsize } = statfsSync(this.path)
      if (bavail * bsize < leastFreeBytes) {
        throw new StartError(
          `Too little disk space in ${this.path}: ${Math.floor((bavail * bsize) / 1e6)} MB are free, 200 MB are needed. Free some, or set ATELIER_DATA to a folder on another disk.`,
        )
      }
      const other = this.runningProcess()
      if (other)
        throw new StartError(
          `Atelier already runs on ${this.path} (process ${other}). Stop it first, or set ATELIER_DATA to another folder.`,
        )
      writeFileSync(this.lockFile, `${process.pid} ${startOf(process.pid) ?? ''}\n`, { mode: 0o600 })
    } catch (error) {
      throw error instanceof StartError ? error : asStartError(error, this.path)
    }
    return () => rmSync(this.lockFile, { force: true })
  }

  /** A secret of 256 bits in a file of mode 600, made at the first call, and anew when the file has less than that. */
  secret(name: string): string {
    const file = join(this.path, name)
    const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
    if (/^[0-9a-f]{64,}$/.test(kept)) return kept
    const secret = randomBytes(32).toString('hex')
    writeWhole(file, secret)
    return secret
  }

  /** The first key as an earlier start wrote it, or null. */
  readKey(): string | null {
    return existsSync(this.keyFile) ? readFileSync(this.keyFile, 'utf8').trim() : null
  }

  /** Writes the first key, readable by this user alone. */
  writeKey(token: string): void {
    writeWhole(this.keyFile, `${token}\n`)
  }

  /** The live process that marked the folder; a mark that a killed process left does not count. */
  private runningProcess(): number | null {
    if (!existsSync(this.lockFile)) return null
    const [number, start] = readFileSync(this.lockFile, 'utf8').trim().split(' ')
    const pid = Number(number)
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return null
    try {
      process.kill(pid, 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null
    }
    // process numbers are used again, also by other programs of Node
    return start && startOf(pid) !== start ? null : pid
  }
}

/** Writes a file of mode 600 whole or not at all, so that no cut of power leaves an empty one in its place. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.new`
  rmSync(draft, { force: true })
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  renameSync(draft, file)
  // Windows cannot make the entries of a folder durable, and does it by itself
  if (process.platform === 'win32') return
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** When a process began, with the boot it belongs to, as Linux tells; undefined elsewhere and for none. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // the name in parentheses may have spaces; the start is the 22nd field of proc(5), the 20th after it
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return `${boot}/${fields[19]}`
  } catch {
    return undefined
  }
}

/** Turns an error of the file system into one line that says what to do. */
export function asStartError(error: unknown, path: string): StartError {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new StartError(
      `No permission to write in ${path}. Give this user the right, or set ATELIER_DATA to a folder it may write.`,
    )
  if (code === 'ENOSPC')
    return new StartError(
      `The disk of ${path} is full. Free some space, or set ATELIER_DATA to a folder on another disk.`,
    )
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new StartError(`${path} is not a folder. Set ATELIER_DATA to a folder.`)
  return new StartError(error instanceof Error ? error.message : String(error), { cause: error })
}
