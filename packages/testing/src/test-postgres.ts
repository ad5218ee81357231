import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { PostgresServer } from '@atelier/embedded-postgres'

/** A fresh database for one test file. */
export interface TestPostgres {
  /** Address of an empty database; `migrate(url)` makes the tables. */
  url: string
  /** Drops the database; with the last one of this process its server stops. */
  stop(): Promise<void>
}

interface Shared {
  url: string
  close(): Promise<void>
}
let shared: Promise<Shared> | undefined
let users = 0

async function startServer(): Promise<Shared> {
  const given = process.env.ATELIER_TEST_DATABASE_URL
  if (given) return { url: given, close: async () => {} }
  const directory = await mkdtemp(join(tmpdir(), 'atelier-postgres-'))
  // no data to keep: speed over durability
  const server = await PostgresServer.start({
    directory,
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
  })
  const end = () => {
    try {
      process.kill(server.pid, 'SIGQUIT')
    } catch {
      /* it has ended */
    }
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', end)
  return {
    url: server.url(),
    close: async () => {
      process.off('exit', end)
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

/**
 * Gives a fresh, empty database on a real Postgres: on the server of `ATELIER_TEST_DATABASE_URL` (the address of a
 * superuser) when that is set, else on an embedded one that all calls of this process share.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  shared ??= startServer()
  users += 1
  const server = await shared
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(server.url, `CREATE DATABASE ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return {
    url: url.href,
    stop: async () => {
      await administer(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      users -= 1
      if (users > 0) return
      shared = undefined
      await server.close()
    },
  }
}
