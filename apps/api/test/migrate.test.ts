import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import assert from 'node:assert/strict'
import { it } from '@jest/globals'
import { runSql, startTestPostgres } from '@atelier/testing'

it('brings a database up to date without starting anything, as often as it is called', async () => {
  const postgres = await startTestPostgres()
  try {
    const script = fileURLToPath(new URL('../src/migrate.js', import.meta.url))
    const settings = { DATABASE_URL: postgres.url, S3_BUCKET: 'pictures' }
    const env = { ...process.env, NODE_OPTIONS: '', ...settings }
    for (let n = 0; n < 2; n++) await promisify(execFile)(process.execPath, [script], { env, timeout: 60_000 })
    assert.deepEqual(await runSql(postgres.url, 'SELECT count(*)::int AS sessions FROM sessions'), [{ sessions: 0 }])
    await assert.rejects(
      promisify(execFile)(process.execPath, [script], { env: { ...env, DATABASE_URL: 'postgres://127.0.0.1:9/none' } }),
    )
  } finally {
    await postgres.stop()
  }
})
