import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from '@jest/globals'
import { failpoints } from '@atelier/service'
import { root } from '../src/root.js'

const names = Object.keys(failpoints)

/** The text of a workspace's sources. */
const sources = (workspace: string): string =>
  readdirSync(join(root, workspace, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, workspace, 'src', file), 'utf8'))
    .join('\n')

const run = (armed: string) =>
  spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      "import { failpoint } from '@atelier/service'; failpoint('turn-stored'); console.log('passed')",
    ],
    {
      cwd: join(root, 'apps/api'),
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', ATELIER_FAILPOINT: armed },
    },
  )

describe('failpoints', () => {
  it('are passed by the process that they name', () => {
    const code = { api: sources('apps/api'), worker: sources('apps/worker') }
    for (const name of names) {
      const kind = failpoints[name as keyof typeof failpoints].split(':')[0] as 'api' | 'worker'
      assert.ok(code[kind].includes(`'${name}'`), `${name} is in no source of the ${kind}`)
    }
  })

  it('end the process that is to end there, and no other', () => {
    const ended = run('turn-stored')
    assert.deepEqual([ended.signal, ended.stdout, ended.stderr], ['SIGKILL', '', 'failpoint turn-stored\n'])
    for (const other of ['', 'answer-kept']) {
      const passed = run(other)
      assert.deepEqual([passed.status, passed.stdout, passed.stderr], [0, 'passed\n', ''])
    }
  })
})
