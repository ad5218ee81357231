#!/usr/bin/env node
// node chat-tool.mjs NAME [ARGUMENTS]: runs a command of apps/standalone/test/chat; installs and builds first what is missing.
import { checkNodeVersion } from './node-version.mjs'

checkNodeVersion()
const [name] = process.argv.splice(2, 1)
await (await import('./install.mjs')).install({ dev: true })
await (await import('./build.mjs')).build({ tests: true })
await import(new URL(`../dist/test/chat/${name}.js`, import.meta.url).href)
