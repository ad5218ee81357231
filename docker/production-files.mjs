#!/usr/bin/env node
// Collects what a built process needs to run: node docker/production-files.mjs api|worker FOLDER
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** Every workspace by the name of its package. */
function workspaces() {
  const folders = ['packages', 'apps'].flatMap((room) => readdirSync(join(root, room)).map((name) => `${room}/${name}`))
  return new Map(folders.map((folder) => [read(`${folder}/package.json`).name, folder]))
}

/** A workspace and all others that it needs at run time. */
function needed(name, all, found = new Set()) {
  if (!all.has(name) || found.has(all.get(name))) return found
  found.add(all.get(name))
  for (const other of Object.keys(read(`${all.get(name)}/package.json`).dependencies ?? {})) needed(other, all, found)
  return found
}

/**
 * Copies the files: the code of the process and of the workspaces that it needs, without tests, types and source maps;
 * for the API also the page and the migrations (a worker checks them too); and what `npm ci` reads.
 *
 * @param process - `api` or `worker`
 * @param target - a folder; made when missing
 */
export function collect(process, target) {
  const copy = (path, filter = () => true) => {
    if (!existsSync(join(root, path))) throw new Error(`${path} is missing: run npm run build first.`)
    mkdirSync(dirname(join(target, path)), { recursive: true })
    cpSync(join(root, path), join(target, path), { recursive: true, filter })
  }
  const all = workspaces()
  for (const path of ['package.json', 'package-lock.json', '.npmrc', 'prisma/migrations', 'infra/create-bucket.mjs'])
    copy(path)
  for (const folder of all.values()) {
    copy(`${folder}/package.json`)
    // `npm ci --workspace` follows these to packages that another workspace needs in production, even with --omit=dev.
    const { devDependencies: _, ...rest } = read(`${folder}/package.json`)
    writeFileSync(join(target, folder, 'package.json'), JSON.stringify(rest, null, 2))
  }
  for (const folder of needed(`@atelier/${process}`, all))
    copy(`${folder}/dist/src`, (path) => !/\.(d\.ts|map)$/.test(path))
  if (process === 'api') copy('apps/web/dist')
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name, target] = process.argv.slice(2)
  if (!['api', 'worker'].includes(name) || !target) {
    console.error('Usage: node docker/production-files.mjs api|worker FOLDER')
    process.exit(2)
  }
  collect(name, target)
}
