// Read before anything is installed: plain code that also old versions of Node understand.
import { readFileSync } from 'node:fs'

/** Ends the process with one line when this Node is older than package.json's `engines` asks for. */
export function checkNodeVersion() {
  const wanted = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).engines.node.replace('>=', '')
  const number = (version) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)
  if (number(process.versions.node) >= number(wanted)) return
  console.error(`Atelier needs Node ${wanted} or newer; this is ${process.versions.node}. Install a newer Node (https://nodejs.org) and try again.`)
  process.exit(1)
}
