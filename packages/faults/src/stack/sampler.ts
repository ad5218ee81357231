import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from './stack.js'

/** What a stack takes at a moment. */
export interface Sample {
  /** Since the first sample. */
  seconds: number
  /** Generations that have ended. */
  ended: number
  /** Memory (RSS) in MiB and open files and sockets of each process with its children, by name. */
  memory: Record<string, number>
  handles: Record<string, number>
  /** Connections to the database, the suite's own included. */
  connections: number
  /** Files in temporary folders of the processes. */
  temporaryFiles: number
  /** MiB that data and logs take on disk. */
  disk: number
}

const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0)

/** A process and all that it has started. */
function family(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return [pid, ...(children ? children.split(' ').flatMap((child) => family(Number(child))) : [])]
  } catch {
    return []
  }
}

/** Sums a number over processes; one that ends meanwhile counts nothing. */
function sum(pids: readonly number[], of: (pid: number) => number): number {
  let total = 0
  for (const pid of pids) {
    try {
      total += of(pid)
    } catch {
      // it has ended
    }
  }
  return total
}

const memoryOf = (pid: number) => numberIn(readFileSync(`/proc/${pid}/status`, 'utf8'), /^VmRSS:\s+(\d+)/m) / 1024
const handlesOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length

/** Files below a folder: how many, and their size in bytes. */
function tree(folder: string): { files: number; bytes: number } {
  let [files, bytes] = [0, 0]
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    try {
      bytes += statSync(join(entry.parentPath, entry.name)).size
      files += 1
    } catch {
      // it is gone
    }
  }
  return { files, bytes }
}

/** Looks at what a stack takes. Linux only. @param temporary - folder of the temporary files of all processes */
export async function takeSample(stack: Stack, temporary: string): Promise<Omit<Sample, 'seconds' | 'ended'>> {
  const families = [...stack.apis, ...stack.workers].flatMap(({ name, pid }) =>
    pid === undefined ? [] : [[name, family(pid)] as const],
  )
  const [row] = await stack.postgres.query<{ connections: number }>(
    `SELECT count(*)::int AS connections FROM pg_stat_activity WHERE backend_type = 'client backend'`,
  )
  return {
    memory: Object.fromEntries(families.map(([name, pids]) => [name, Math.round(sum(pids, memoryOf))])),
    handles: Object.fromEntries(families.map(([name, pids]) => [name, sum(pids, handlesOf)])),
    connections: row!.connections,
    temporaryFiles: tree(temporary).files,
    disk: Math.round((tree(stack.folder).bytes / 2 ** 20) * 10) / 10,
  }
}
