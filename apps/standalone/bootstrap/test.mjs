#!/usr/bin/env node
// npm test [-- jest's arguments]: installs and builds what is missing, then runs jest.
import { checkNodeVersion } from './node-version.mjs'

checkNodeVersion()
if (process.argv.includes('--help')) {
  console.log(`Usage: npm test [-- arguments of jest]
Runs every test, or some: packages/queue · packages/conversation/test/tree.test.ts · -t NAME · --selectProjects queue · --watchAll`)
  process.exit(0)
}
const { runNode } = await import('./run-command.mjs')
await (await import('./install.mjs')).install({ dev: true })
await (await import('./build.mjs')).build({ tests: true })
// Tests are named by their sources, and run from what was compiled.
const compiled = (argument) => argument.replace(/^((?:packages|apps)\/[^/]+)\/test\/(.+)\.ts$/, '$1/dist/test/$2.js')
await runNode('jest/bin/jest.js', process.argv.slice(2).map(compiled)).catch((error) => process.exit(error.code))
