import { endWithNpm, EnvironmentError, readEnvironment, startTracing } from '@atelier/service'
import { UnusableModelError } from '@atelier/worker'
import { StartError } from './start-error.js'
import { startStandalone, type Standalone } from './start-standalone.js'
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
 * Runs the embedded stack until a signal ends it, also while it starts. A second signal ends it at once.
 *
 * @param args - command line without Node and the script
 */
export async function main(args: string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return console.log(help)
  // Whoever reads what is printed may end first, as `tee` does on Ctrl-C: the database must be stopped all the same.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
  let starting: Promise<Standalone> | undefined
  let endTracing: (() => Promise<void>) | undefined
  let stopping = false
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130)
    stopping = true
    console.log(`\nStopping (${signal}) …`)
    if (!starting) process.exit(0)
    try {
      // a start is waited for: the database that it has started would run on by itself
      await (await starting).close()
      await endTracing?.()
      console.log('Stopped. The data is kept.')
      process.exit(0)
    } catch (error) {
      console.error(error)
      console.log('Stopped with an error.')
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  // systemd and a closed terminal end the whole process group: the end of npm is no second signal then.
  endWithNpm(() => {
    if (!stopping) void stop('SIGTERM')
  })
  try {
    endTracing = await startTracing('atelier')
    starting = startStandalone(readEnvironment(undefined, { LOG_LEVEL: 'warn' }), (line) => console.log(line))
    const running = await starting
    if (!stopping) console.log(welcome(running))
  } catch (error) {
    if (stopping) return
    const known = [StartError, EnvironmentError, UnusableModelError].some((known) => error instanceof known)
    console.error(known ? `Atelier could not start: ${(error as Error).message}` : error)
    process.exit(1)
  }
}
