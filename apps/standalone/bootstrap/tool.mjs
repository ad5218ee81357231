#!/usr/bin/env node
// node tool.mjs NAME [ARGUMENTS]: runs a command of packages/model-tools; installs and builds first what is missing.
import { checkNodeVersion } from './node-version.mjs'

checkNodeVersion()
const [name] = process.argv.splice(2, 1)
const { log } = console
// The standard output is for what the command itself prints.
console.log = console.error
try {
  await (await import('./install.mjs')).install({ dev: false })
  await (await import('./build.mjs')).build({ tests: false })
} catch (error) {
  console.error(`${name.replace(/^(bench|check)-/, '$1:')}: ${error.message}`)
  process.exit(2)
}
console.log = log
await import(new URL(`../../../packages/model-tools/dist/src/${name}.js`, import.meta.url).href)
