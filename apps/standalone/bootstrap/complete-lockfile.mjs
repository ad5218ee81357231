#!/usr/bin/env node
// Run after every `npm install` that rewrites package-lock.json. npm drops optional packages of other platforms when
// the registry at hand lacks them, and `npm ci` then refuses the lockfile; this puts their entries back.
import { readFileSync, writeFileSync } from 'node:fs'
import { root } from './run-command.mjs'

const file = `${root}/package-lock.json`
const lock = JSON.parse(readFileSync(file, 'utf8'))

/** Does the tree of node_modules, seen from `from`, hold the package? The look-up goes upwards as Node's does. */
function resolves(from, name) {
  for (let at = from; ;) {
    if (lock.packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true
    if (!at) return false
    const cut = at.lastIndexOf('node_modules/')
    at = cut > 0 ? at.slice(0, cut - 1) : ''
  }
}

const systems = [
  'darwin',
  'linux',
  'win32',
  'windows',
  'freebsd',
  'android',
  'openharmony',
  'aix',
  'sunos',
  'netbsd',
  'openbsd',
]
const processors = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32']
let added = 0
for (const [path, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolves(path, name)) continue
    const words = name.split(/[^a-z0-9]+/)
    const os = systems.find((s) => words.includes(s)) ?? 'darwin'
    const cpu = processors.find((p) => words.includes(p)) ?? 'x64'
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[\^~]/, ''),
      cpu: [cpu],
      optional: true,
      os: [os === 'windows' ? 'win32' : os],
    }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`Added ${added} entries to package-lock.json.`)
