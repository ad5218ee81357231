import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresServer } from '@atelier/embedded-postgres'

/** How each service is started: its address and how to stop it, or why there is none. */
const starters = {
  async database() {
    const folder = mkdtempSync(join(tmpdir(), 'atelier test '))
    const postgres = await PostgresServer.start({
      directory: join(folder, 'postgres'),
      // Nothing here outlives the run: speed over durability.
      settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300' },
    })
    const stop = async () => {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    return { url: postgres.url(), stop }
  },
  async redis() {
    const { fetchRedis, startRedis } = await import('../dist/src/redis-server.js')
    const program = await fetchRedis()
    return typeof program === 'string' ? program : startRedis(program)
  },
  async s3() {
    const { startS3Server } = await import('../dist/src/s3/s3-server.js')
    const server = await startS3Server({ anyBucket: true })
    return { url: server.endpoint, stop: () => server.stop() }
  },
  async browser() {
    const { startBrowser } = await import('../dist/src/browser-server.js')
    return startBrowser()
  },
}

/**
 * Starts what the suites of a run share, each service once; `src/shared-services.ts` hands it to the suites. jest calls
 * each file of `setup/` once a run, and only when the run includes a suite of a project that names it.
 *
 * @param {(keyof typeof starters)[]} names - a service whose `ATELIER_TEST_…_URL` is set already is not started
 */
export async function startServices(...names) {
  globalThis.atelierServices ??= []
  for (const name of names) {
    const variable = `ATELIER_TEST_${name.toUpperCase()}`
    if (process.env[`${variable}_URL`] || process.env[`${variable}_MISSING`]) continue
    const service = await starters[name]()
    if (typeof service === 'string') process.env[`${variable}_MISSING`] = service
    else {
      process.env[`${variable}_URL`] = service.url
      globalThis.atelierServices.push(service)
    }
  }
}

/** Stops what {@link startServices} started, the latest first. */
export async function stopServices() {
  for (const service of globalThis.atelierServices?.splice(0).reverse() ?? []) await service.stop()
}
