import { spawnSync } from 'node:child_process'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/** A running server as its `postmaster.pid` names it. */
export interface Postmaster {
  pid: number
  port: number
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** True when the process is a Postgres on this folder: after a reboot the number may belong to any other program. */
async function serves(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') {
    // a Postgres works in its data folder
    const [place, folder] = await Promise.all([`/proc/${pid}/cwd`, data].map((path) => realpath(path).catch(() => '')))
    return place !== '' && place === folder
  }
  return String(spawnSync('ps', ['-p', `${pid}`, '-o', 'command=']).stdout).includes(data)
}

/**
 * The server that runs on a data folder; `stale` when the number in its file belongs to another program, as after a
 * reboot (Postgres would refuse to start); undefined when none runs.
 */
export async function readPostmaster(data: string): Promise<Postmaster | 'stale' | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!pid || !exists(pid)) return undefined
  return (await serves(pid, data)) ? { pid, port: Number(lines[3]) } : 'stale'
}

/**
 * Stops a server: open transactions are rolled back, data is written out. After `graceMs` it is ended without that, and
 * its next start recovers from the log.
 */
export async function stopPostmaster(pid: number, graceMs = 15_000): Promise<void> {
  const signal = (name: 'SIGINT' | 'SIGQUIT') => {
    if (exists(pid)) process.kill(pid, name)
  }
  signal('SIGINT')
  for (const deadline = Date.now() + graceMs; exists(pid);) {
    if (Date.now() > deadline) return signal('SIGQUIT')
    await sleep(20)
  }
}

// refused, reset while starting, "the database system is starting up"
const notYet = new Set(['ECONNREFUSED', 'ECONNRESET', '57P03'])

/**
 * Waits until a server answers, and asks it for its data folder.
 *
 * @param alive - false once there is nothing left to wait for
 * @returns the folder, or undefined when it did not answer in time or is not ours (wrong password)
 */
export async function connectWhenReady(
  url: string,
  alive: () => boolean,
  timeoutMs: number,
): Promise<string | undefined> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline && alive();) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory')
      return rows[0]!.data_directory
    } catch (error) {
      if ((error as { code?: string }).code && !notYet.has((error as { code: string }).code)) return undefined
    } finally {
      await client.end().catch(() => {})
    }
    await sleep(25)
  }
  return undefined
}
