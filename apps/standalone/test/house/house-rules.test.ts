import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
    const folder = join(root, 'packages/contracts/src/wrong')
    const [a, b] = [join(folder, 'a.ts'), join(folder, 'b.ts')]
    try {
      mkdirSync(folder)
      writeFileSync(
        a,
        "import type { B } from './b.js'\nexport type { Database } from '@atelier/database'\nexport type A = B\n",
      )
      writeFileSync(b, "import type { A } from './a.js'\nexport { Queue } from 'bullmq'\nexport type B = A | null\n")
      const script = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'
      const { status, stdout } = spawnSync(process.execPath, [script, 'packages/contracts/src/wrong/*.ts'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' },
      })
      assert.notEqual(status, 0)
      for (const rule of ['no-circle', 'contracts-imports-only', 'only-queue-knows-bullmq'])
        assert.match(stdout, new RegExp(rule))
    } finally {
      rmSync(folder, { recursive: true, force: true })
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
