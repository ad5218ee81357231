// Read before anything is installed: plain code that also old versions of Node understand.
import { readFileSync } from 'node:fs'

const wanted = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).engines.node.replace(
  '>=',
  '',
)
const number = (version) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)

/** The line for a version of Node that is older than package.json's `engines` asks for, or null. */
export function tooOld(version) {
  if (number(version) >= number(wanted)) return null
  return `Atelier needs Node ${wanted} or newer; this is ${version}. Install a newer Node (https://nodejs.org) and try again.`
}

/** Ends the process with one line when this Node is too old. */
export function checkNodeVersion() {
  const line = tooOld(process.versions.node)
  if (line === null) return
  console.error(line)
  process.exit(1)
}
