import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { testUnless } from '@atelier/testing'
import { fileURLToPath } from 'node:url'

const missing =
  spawnSync('prlimit', ['--version']).status !== 0 && 'this machine has no prlimit to take memory away with'

testUnless(missing)('a run that gets no memory is told apart from other failures', () => {
  const script = fileURLToPath(new URL('out-of-memory-child.js', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
  assert.equal(stdout, 'OutOfMemoryError model_out_of_memory\n', stderr)
})
