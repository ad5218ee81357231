import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from './run-command.mjs'

const skipped = new Set(['node_modules', 'dist', 'dist-types', 'generated', '.turbo'])

function add(hash, path) {
  const info = statSync(path)
  if (info.isDirectory()) {
    for (const name of readdirSync(path).sort()) if (!skipped.has(name)) add(hash, join(path, name))
  } else {
    hash.update(`${relative(root, path)}\0${info.size}\0`).update(readFileSync(path))
  }
}

/** SHA-256 of the names and contents of files and folders (build results and installed packages left out). */
export function fingerprint(paths) {
  const hash = createHash('sha256').update(process.version)
  for (const path of paths) if (existsSync(path)) add(hash, path)
  return hash.digest('hex')
}

/**
 * Runs `work` unless `stamp` says that it ran for exactly this fingerprint and every one of `results` still exists.
 * @returns whether it ran
 */
export async function once(stamp, print, results, work) {
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === print
  if (done && results.every((path) => existsSync(path))) return false
  await work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, print)
  return true
}
