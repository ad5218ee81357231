#!/usr/bin/env node
// npm run build: turbo builds what has changed since the last build.
import { pathToFileURL } from 'node:url'
import { runCommand, root } from './run-command.mjs'

/**
 * Builds all packages and the page.
 *
 * @param options.tests - the tests, too
 */
export async function build({ tests }) {
  const slow = setTimeout(() => console.log('Building …'), 1_000)
  const tasks = ['build', ...(tests ? ['build:test'] : [])]
  const env = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }
  // turbo's own script, which finds the program for this platform
  await runCommand(
    process.execPath,
    [`${root}/node_modules/turbo/bin/turbo`, 'run', ...tasks, '--output-logs=errors-only'],
    { env, quiet: true },
  ).finally(() => clearTimeout(slow))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--help'))
    console.log(
      'Usage: npm run build\nBuilds what has changed since the last build: every package, its tests, and the page.',
    )
  else
    await build({ tests: true }).catch((error) => {
      console.error(error.message)
      process.exitCode = 1
    })
}
