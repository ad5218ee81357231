import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresServer } from '@atelier/embedded-postgres'

/**
 * Starts what the suites of a run share: one Postgres, in which every suite makes databases of its own. jest calls this
 * once a run, however many projects name it.
 */
export default async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'atelier test '))
  const postgres = await PostgresServer.start({
    directory: join(folder, 'postgres'),
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300' },
  })
  process.env.ATELIER_TEST_DATABASE_URL = postgres.url()
  globalThis.atelierServices = { folder, postgres }
}
