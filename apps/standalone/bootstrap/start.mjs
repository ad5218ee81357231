#!/usr/bin/env node
// npm start: installs and builds what is missing, then runs the embedded stack in this process.
import { checkNodeVersion } from './node-version.mjs'

checkNodeVersion()
const { root } = await import('./run-command.mjs')
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
const end = () => process.exit(130)
try {
  if (!process.argv.includes('--help')) {
    // So that an interrupted installation takes its commands with it.
    for (const signal of signals) process.on(signal, end)
    await (await import('./install.mjs')).install({ dev: false })
    await (await import('./build.mjs')).build({ tests: false })
  }
  const { main } = await import(new URL('../dist/src/main.js', import.meta.url).href)
  for (const signal of signals) process.off(signal, end)
  await main(process.argv.slice(2))
} catch (error) {
  if (error.code === 'ERR_MODULE_NOT_FOUND' && process.argv.includes('--help')) {
    console.log(
      'Usage: npm start\nInstalls, builds and starts Atelier. Settings: HOST, PORT, ATELIER_DATA; all in docs/configuration.md.',
    )
  } else {
    const advice = {
      EACCES: `No permission to write in ${root}.`,
      EROFS: `${root} is on a read-only disk.`,
      ENOSPC: 'The disk has too little space: the installed packages take 1.2 GB.',
    }[error.code]
    console.error(`Atelier could not start: ${advice ?? error.message}`)
    process.exitCode = 1
  }
}
