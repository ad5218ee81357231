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
  ['bench-latency', 'bench:latency'],
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

test('a mistyped number ends a command before it does anything', () => {
  const fast = ['--graphs', 'cpu', '--out', '/dev/null/nowhere']
  for (const [command, option, value, problem] of [
    ['judge', '--steps', '2O', /--steps must be a whole number from 1 to \d+, not 2O/],
    ['judge', '--steps', '5000', /--steps must be a whole number from 1 to \d+, not 5000/],
    ['judge', '--guidance', '4,5', /--guidance must be a number from 1 to \d+, not 4,5/],
    ['judge', '--interval', '0', /--interval must be two shares/],
    ['judge', '--interval', '0.5,0.2', /--interval must be two shares/],
    ['judge', '--interval', '0,,1', /--interval must be a number from 0 to 1, not nothing/],
    ['judge', '--history-refresh', 'four', /--history-refresh must be a whole number/],
    ['judge', '--step-cache', '0,1', /--step-cache must be a number from 0 to 1, not 0,1/],
    ['judge', '--step-cache', '', /--step-cache must be a number from 0 to 1, not nothing/],
    ['judge', '--cases', '1e3', /--cases must be a whole number from 1 on/],
    ['judge', '--seed', '-1', /seed/],
    ['judge', '--processes', '0', /--processes must be a whole number from 1 on/],
    ['bench-api', '--sockets', '', /--sockets must be a whole number from 0 on, not nothing/],
    ['bench-api', '--turns', '10,,20', /each of --turns must be a whole number/],
    ['bench-load', '--seconds', '1,5', /--seconds must be a whole number/],
    ['bench-model', '--history', '', /each of --history must be a whole number from 0 to 9, not nothing/],
    ['check-cuda', '--inputs', '1,000', /--inputs must be a whole number from 1 on, not 1,000/],
    ['simulate-scaling', '--batch', '1.5', /--batch must be a whole number/],
    ['simulate-scaling', '--bursts', '', /--bursts must be a whole number from 0/],
  ] as const) {
    const { status, stdout, stderr } = run(command, option, value, ...(command === 'judge' ? fast : []))
    assert.deepEqual([status, stdout], [2, ''], `${command} ${option} ${value}`)
    assert.match(stderr, problem)
  }
})
