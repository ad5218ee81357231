import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import type { PostgresPart } from './postgres.js'
import type { StorePart } from './store.js'

/** What holds everything. */
interface Parts {
  postgres: PostgresPart
  store: StorePart
}

/** A copy of a stack's data, made while it worked. */
export interface Backup {
  /** Folder of the Postgres server: `data`, `password`. */
  postgres: string
  /** The stored objects, by key. */
  objects: Map<string, Uint8Array>
}

/** Adds the objects that are not there yet; what was deleted meanwhile stays. */
async function copyObjects({ store }: Parts, objects: Map<string, Uint8Array>): Promise<void> {
  for (const prefix of ['images/', 'generations/'])
    for await (const { key } of store.objects.list(prefix)) {
      if (objects.has(key)) continue
      // deleted since it was listed
      const bytes = await store.objects.get(key).catch(() => undefined)
      if (bytes) objects.set(key, bytes)
    }
}

/**
 * Copies the files of the running server, as `pg_basebackup` does: between the two calls they may be as torn as they like,
 * the log that is copied last makes them whole.
 */
async function copyPostgres({ postgres }: Parts, to: string): Promise<void> {
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  try {
    await client.query("SELECT pg_backup_start('atelier', true)")
    mkdirSync(to, { recursive: true, mode: 0o700 })
    cpSync(join(postgres.directory, 'password'), join(to, 'password'))
    const left = ['postmaster.pid', 'postmaster.opts', 'pg_wal', 'pg_replslot', 'pg_stat_tmp', 'pg_subtrans']
    const data = join(postgres.directory, 'data')
    copyMoving(data, join(to, 'data'), (path) => !left.some((name) => path.startsWith(join(data, name))))
    for (const name of left.slice(3)) mkdirSync(join(to, 'data', name))
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
    writeFileSync(join(to, 'data/backup_label'), rows[0]!.labelfile)
    copyMoving(join(data, 'pg_wal'), join(to, 'data/pg_wal'), () => true)
  } finally {
    await client.end()
  }
}

/** Copies a folder in which files come and go, again if one went. */
function copyMoving(from: string, to: string, filter: (path: string) => boolean): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return cpSync(from, to, { recursive: true, filter })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 20) throw error
      rmSync(to, { recursive: true, force: true })
    }
  }
}

/**
 * Backs a stack up while it works: objects, then Postgres, then the objects that have come meanwhile. So every object that a
 * row of the copied database names is there, because objects are stored before their row.
 */
export async function backUp(stack: Parts, to: string): Promise<Backup> {
  const objects = new Map<string, Uint8Array>()
  await copyObjects(stack, objects)
  await copyPostgres(stack, to)
  await copyObjects(stack, objects)
  return { postgres: to, objects }
}
