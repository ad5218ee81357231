import { apiSettings, endInTime, endWithNpm, readEnvironment, startTracing } from '@atelier/service'
import { migrate } from '@atelier/database'
import { startApi } from './start-api.js'

/** One API process of a production deployment: migrates the database, serves until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  endWithNpm()
  const endTracing = await startTracing('atelier-api')
  const settings = apiSettings(readEnvironment())
  const stopping = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopping.abort())
  const { signal } = stopping
  const api = await startApi(settings, { signal, prepare: () => migrate(settings.databaseUrl) }).catch(
    (error: unknown) => {
      if (signal.aborted) return undefined
      throw error
    },
  )
  if (!signal.aborted) {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true })
    })
  }
  await endInTime(async () => {
    await api?.close()
    await endTracing()
  })
}

main().catch((error: unknown) => {
  console.error(`The API could not start: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
