#!/usr/bin/env node
// node tool.mjs NAME [ARGUMENTS]: runs a command of packages/model-tools; installs and builds first what is missing.
import { existsSync } from 'node:fs'
import { checkNodeVersion } from './node-version.mjs'

checkNodeVersion()
const [name] = process.argv.splice(2, 1)
const { root } = await import('./run-command.mjs')
const { log } = console
try {
  // The standard output is for what the command itself prints.
  console.log = console.error
  // check:cuda needs a CUDA provider that was put into node_modules by hand; an install would take it away.
  if (name !== 'check-cuda') await (await import('./install.mjs')).install()
  else if (!existsSync(`${root}/node_modules/typescript`)) throw new Error('the packages are not installed: npm ci')
  await (await import('./build.mjs')).build()
  console.log = log
} catch (error) {
  console.error(`${name.replace(/^(bench|check)-/, '$1:')}: ${error.message}`)
  process.exit(2)
}
await import(`${root}/packages/model-tools/dist/src/${name}.js`)
