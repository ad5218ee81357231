#!/usr/bin/env node
// npm run faults [-- ARGUMENTS]: the fault suite of packages/faults; installs and builds first what is missing.
import { checkNodeVersion } from './node-version.mjs'

checkNodeVersion()
await (await import('./install.mjs')).install({ dev: true })
await (await import('./build.mjs')).build({ tests: true })
await import(new URL('../../../packages/faults/dist/src/main.js', import.meta.url).href)
