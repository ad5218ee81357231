#!/usr/bin/env node
// Builds what has changed: the Prisma client, every TypeScript package, the web page.
import { readdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { fingerprint, once } from './fingerprint.mjs'
import { root, runNode } from './run-command.mjs'

/** The folders of all workspaces. */
export const workspaces = ['packages', 'apps'].flatMap((room) =>
  readdirSync(`${root}/${room}`).map((name) => `${room}/${name}`),
)
const sources = (folders) =>
  folders.flatMap((f) =>
    ['src', 'test', 'test-support', 'tsconfig.json', 'package.json', 'index.html', 'public', 'vite.config.ts'].map(
      (n) => `${root}/${f}/${n}`,
    ),
  )
const stamps = `${root}/node_modules/.atelier-build`

/** Builds; `log` gets a line for each part that has to be built. */
export async function build(log = console.log) {
  const prisma = `${root}/prisma/schema.prisma`
  await once(
    `${stamps}/prisma`,
    fingerprint([prisma, `${root}/package-lock.json`]),
    [`${root}/packages/database/src/generated/client.ts`],
    async () => {
      log('Generating the database client …')
      // generating needs no engine, but Prisma's command line downloads one unless this names a file that exists
      const env = {
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      }
      await runNode('prisma/build/index.js', ['generate', '--no-hints'], { env })
    },
  )
  const code = workspaces.filter((folder) => folder !== 'apps/web')
  await once(
    `${stamps}/typescript`,
    fingerprint([...sources(code), prisma, `${root}/tsconfig.base.json`, `${root}/package-lock.json`]),
    code.map((f) => `${root}/${f}/dist`),
    async () => {
      log('Building the packages …')
      await runNode('typescript/bin/tsc', ['-b', ...code])
    },
  )
  const page = ['apps/web', 'packages/client', 'packages/contracts']
  await once(
    `${stamps}/web`,
    fingerprint([...sources(page), `${root}/package-lock.json`]),
    [`${root}/apps/web/dist/index.html`],
    async () => {
      log('Building the page …')
      await runNode('vite/bin/vite.js', ['build', '--logLevel', 'warn'], { cwd: `${root}/apps/web` })
    },
  )
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--help'))
    console.log('Usage: npm run build\nBuilds what has changed since the last build.')
  else
    await build().catch((error) => {
      console.error(error.message)
      process.exitCode = 1
    })
}
