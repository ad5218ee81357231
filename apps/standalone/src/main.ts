import { endWithNpm, EnvironmentError, readEnvironment, startTracing } from '@atelier/service'
import { UnusableModelError } from '@atelier/worker'
import { StartError } from './start-error.js'
import { startStandalone } from './start-standalone.js'
import { welcome } from './welcome.js'

const help = `Usage: npm start

Starts Atelier on this machine: Postgres, API, one worker and the web page, with the embedded model.
The first start installs and builds what is missing.

Settings (environment):
  PORT          port of the API and the page (default 8080)
  HOST          address to listen on (default 127.0.0.1: this machine only)
  ATELIER_DATA  folder of the data (default .atelier)
More in docs/configuration.md.`

/**
 * Runs the embedded stack until a signal ends it. A second signal ends it at once.
 *
 * @param args - command line without Node and the script
 */
export async function main(args: string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return console.log(help)
  let close: (() => Promise<void>) | undefined
  let stopping = false
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130)
    stopping = true
    console.log(`\nStopping (${signal}) …`)
    const closed = await close?.().then(
      () => true,
      (error: unknown) => console.error(error),
    )
    if (close) console.log(closed ? 'Stopped. The data is kept.' : 'Stopped with an error.')
    process.exit(closed || !close ? 0 : 1)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  endWithNpm()
  try {
    const endTracing = await startTracing('atelier')
    const running = await startStandalone(readEnvironment(undefined, { LOG_LEVEL: 'warn' }), (line) =>
      console.log(line),
    )
    close = async () => {
      await running.close()
      await endTracing()
    }
    if (stopping) return
    console.log(welcome(running))
  } catch (error) {
    if (stopping) return
    const known = [StartError, EnvironmentError, UnusableModelError].some((known) => error instanceof known)
    console.error(known ? `Atelier could not start: ${(error as Error).message}` : error)
    process.exit(1)
  }
}
