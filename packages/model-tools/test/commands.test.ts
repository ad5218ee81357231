import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from '@jest/globals'

const run = (command: string, ...args: string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL(`../src/${command}.js`, import.meta.url)), ...args], {
    encoding: 'utf8',
  })

for (const [command, name] of [
  ['parity', 'parity'],
  ['judge', 'judge'],
  ['bench-model', 'bench:model'],
  ['bench-history', 'bench:history'],
  ['check-cuda', 'check:cuda'],
] as const)
  test(`npm run ${name} prints its usage with --help, and refuses what it cannot follow`, () => {
    for (const flag of ['--help', '-h']) {
      const { status, stdout } = run(command, flag)
      assert.equal(status, 0)
      assert.ok(stdout.startsWith(`Usage: npm run ${name} `), stdout)
    }
    const { status, stdout, stderr } = run(command, '--nonsense', 'and more')
    assert.deepEqual([status, stdout], [2, ''])
    assert.notEqual(stderr, '')
  })
