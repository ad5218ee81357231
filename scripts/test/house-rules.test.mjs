import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { checkArrows, wrongImports } from '../check-arrows.mjs'
import { root } from '../run-command.mjs'

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((f) => f && existsSync(`${root}/${f}`))
const read = (file) => readFileSync(`${root}/${file}`, 'utf8')
const code = files.filter((f) => /\.(ts|tsx|mjs|js|cjs|py|css|sh)$/.test(f))

describe('house rules', () => {
  it('the arrows hold', () => assert.deepEqual(checkArrows(), []))

  it('the check finds an arrow that points the wrong way', () => {
    assert.equal(wrongImports('contracts', 'x.ts', "import { a } from '@atelier/database'").length, 1)
    assert.equal(wrongImports('api', 'x.ts', "import { Queue } from 'bullmq'").length, 1)
    assert.equal(wrongImports('api', 'x.ts', 'const x = process.env.HOME').length, 1)
    assert.equal(wrongImports('api', 'x.ts', "import { a } from '@atelier/database'").length, 0)
  })

  it('no hand-written file is over 500 lines', () => {
    assert.deepEqual(
      code.filter((f) => read(f).split('\n').length > 501),
      [],
    )
  })

  it('the lockfile and the settings of npm name no registry host', () => {
    for (const file of ['package-lock.json', '.npmrc'])
      assert.doesNotMatch(read(file), /https?:\/\/[^"\s]*(npmjs|registry|artifact|proxy)[^"\s]*\.tgz/)
  })
})
