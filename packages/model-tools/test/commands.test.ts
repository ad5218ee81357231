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
  ['bench-api', 'bench:api'],
  ['bench-load', 'bench:load'],
  ['bench-model', 'bench:model'],
  ['bench-history', 'bench:history'],
  ['check-cuda', 'check:cuda'],
  ['simulate-scaling', 'simulate:scaling'],
] as const)
  test(`npm run ${name} prints its usage with --help, and refuses what it cannot follow`, () => {
    const help = run(command, '--help')
    assert.equal(help.status, 0, help.stderr)
    assert.ok(help.stdout.startsWith(`Usage: npm run ${name} `), help.stdout)
    const wrong = run(command, '--nonsense', 'and more')
    assert.deepEqual([wrong.status, wrong.stdout], [2, ''])
    assert.notEqual(wrong.stderr, '')
  })
