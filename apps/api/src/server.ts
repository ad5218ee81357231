import { apiSettings, endWithNpm, readEnvironment } from '@atelier/service'
import { migrate } from '@atelier/database'
import { startApi } from './start-api.js'

/** One API process of a production deployment: migrates the database, serves until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  endWithNpm()
  const settings = apiSettings(readEnvironment())
  await migrate(settings.databaseUrl)
  const api = await startApi(settings)
  let closing: Promise<void> | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      closing ??= api.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    })
  }
}

main().catch((error: unknown) => {
  console.error(`The API could not start: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
