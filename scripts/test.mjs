#!/usr/bin/env node
// npm test [folder …]: installs and builds what is missing, starts one Postgres for all suites and runs every test.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkNodeVersion } from './node-version.mjs'

checkNodeVersion()
if (process.argv.includes('--help')) {
  console.log('Usage: npm test [-- folder or file …]\nRuns all tests, or those of some workspaces (packages/queue), or single files (packages/lcu/test/mentions.test.ts).')
  process.exit(0)
}
const { root } = await import('./run-command.mjs')
await (await import('./install.mjs')).install()
const { build, workspaces } = await import('./build.mjs')
await build()

const compiled = (path) => path.replace(/^((?:packages|apps)\/[^/]+)\/test\//, '$1/dist/test/').replace(/\.ts$/, '.js')
const testsOf = (folder) => {
  const place = join(root, folder, 'dist', 'test')
  return existsSync(place) ? readdirSync(place, { recursive: true }).filter((n) => n.endsWith('.test.js') && existsSync(join(root, folder, 'test', n.replace(/\.js$/, '.ts')))).map((n) => join(place, n)).sort() : []
}
const wanted = process.argv.slice(2).map((path) => path.replace(/\/$/, ''))
const houseRules = readdirSync(join(root, 'scripts/test')).map((name) => join(root, 'scripts/test', name))
const chosen = (path) => (path === 'scripts' ? houseRules : path.endsWith('.test.ts') ? [join(root, compiled(path))] : testsOf(path))
const files = wanted.length ? wanted.flatMap(chosen) : [...workspaces.flatMap(testsOf), ...houseRules]

const { PostgresServer } = await import('../packages/database/dist/src/index.js')
const { run } = await import('node:test')
const { spec } = await import('node:test/reporters')
const folder = mkdtempSync(join(tmpdir(), 'atelier test '))
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --enable-source-maps`
const counts = { pass: 0, fail: 0, skip: 0 }
const skipped = []
const postgres = await PostgresServer.start({ directory: join(folder, 'postgres'), settings: { fsync: 'off', max_connections: '300' } })
try {
  process.env.ATELIER_TEST_DATABASE_URL = postgres.url()
  const stream = run({ files, concurrency: 1, timeout: 300_000 })
  const count = (kind) => (event) => {
    if (event.skip !== undefined) {
      counts.skip++
      skipped.push(`${event.name}: ${event.skip === true ? 'no reason given' : event.skip}`)
    } else if (event.details?.type !== 'suite') counts[kind]++
  }
  stream.on('test:pass', count('pass')).on('test:fail', count('fail'))
  await new Promise((resolve, reject) => stream.compose(spec).on('end', resolve).on('error', reject).pipe(process.stdout, { end: false }))
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
for (const line of skipped) console.log(`skipped  ${line}`)
console.log(`${counts.pass} passed, ${counts.fail} failed${counts.skip ? `, ${counts.skip} skipped` : ''}`)
process.exit(counts.fail || !counts.pass ? 1 : 0)
