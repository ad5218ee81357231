import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from '@jest/globals'
import { root } from '../start-stack.js'

const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
const files = list.split('\n').filter((file) => file && existsSync(join(root, file)))
const read = (file: string) => readFileSync(join(root, file), 'utf8')
/** What may be at the top level. */
const topLevel = `.ci apps docker docs infra ml models packages prisma
  .dependency-cruiser-imports.cjs .dependency-cruiser.cjs .dockerignore .editorconfig .gitignore .npmrc .oxlintrc.json
  .prettierignore .prettierrc.json jest.config.js package-lock.json package.json prisma.config.ts tsconfig.base.json
  tsconfig.json turbo.json CONTRIBUTING.md LICENSE README.md`.split(/\s+/)
const code = files.filter((file) => /\.(ts|tsx|mjs|js|cjs|py|css|sh)$/.test(file))

describe('house rules', () => {
  it('dependency-cruiser finds arrows that point the wrong way, and circles by types', () => {
    // a place of its own: `npm start` of the tests beside this one builds what is in the repository
    const place = mkdtempSync(join(tmpdir(), 'atelier arrows '))
    const put = (file: string, text: string) => {
      mkdirSync(dirname(join(place, file)), { recursive: true })
      writeFileSync(join(place, file), text)
    }
    try {
      for (const file of ['.dependency-cruiser.cjs', '.dependency-cruiser-imports.cjs'])
        cpSync(join(root, file), join(place, file))
      mkdirSync(join(place, 'node_modules/@atelier'), { recursive: true })
      for (const name of readdirSync(join(root, 'node_modules')).filter((name) => name !== '@atelier'))
        symlinkSync(join(root, 'node_modules', name), join(place, 'node_modules', name))
      put('packages/database/package.json', read('packages/database/package.json'))
      put('packages/database/dist/src/index.d.ts', 'export interface Database {}\n')
      symlinkSync('../../packages/database', join(place, 'node_modules/@atelier/database'))
      put(
        'packages/contracts/src/a.ts',
        "import type { B } from './b.js'\nexport type { Database } from '@atelier/database'\nexport type A = B\n",
      )
      put(
        'packages/contracts/src/b.ts',
        "import type { A } from './a.js'\nexport { Queue } from 'bullmq'\nexport type B = A | null\n",
      )
      const script = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
      const { status, stdout } = spawnSync(process.execPath, [script, 'packages/contracts/src/*.ts'], {
        cwd: place,
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' },
      })
      assert.notEqual(status, 0)
      for (const rule of ['no-circle', 'contracts-imports-only', 'only-queue-knows-bullmq'])
        assert.match(stdout, new RegExp(rule))
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  })

  it('only packages/service reads the environment', () => {
    const sources = files.filter((file) => /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$/.test(file))
    const others = sources.filter((file) => !/^packages\/(service|testing)\//.test(file))
    assert.deepEqual(
      others.filter((file) => /\bprocess\.env\b/.test(read(file))),
      [],
    )
  })

  it('no hand-written file is over 500 lines, no source of a workspace over 300', () => {
    const longer = (limit: number) => (file: string) => read(file).split('\n').length > limit + 1
    const written = code.filter((file) => !read(file).startsWith('// Made by '))
    assert.deepEqual(written.filter(longer(500)), [])
    assert.deepEqual(
      written.filter((file) => /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$/.test(file)).filter(longer(300)),
      [],
    )
  })

  it('nothing is at the top level that does not belong there', () => {
    assert.deepEqual([...new Set(files.map((file) => file.split('/')[0]!))].sort(), topLevel.toSorted())
  })

  it('the lockfile and the settings of npm name no registry host', () => {
    for (const file of ['package-lock.json', '.npmrc'])
      assert.doesNotMatch(read(file), /https?:\/\/[^"\s]*(npmjs|registry|artifact|proxy)[^"\s]*\.tgz/)
  })
})
