import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'

const cleanUp = cleanUpAfterEach()

it('ONNX Runtime reports to nobody, and leaves nothing in the temporary folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atelier quiet '))
  cleanUp(() => rmSync(folder, { recursive: true }))
  const ort = fileURLToPath(new URL('../src/ort.js', import.meta.url))
  const graph = fileURLToPath(new URL('../../test/fixtures/tiny-model/conditioner.onnx', import.meta.url))
  const script = `
    const { Graph } = await import(${JSON.stringify(ort)})
    await Graph.open(${JSON.stringify(graph)}, { inputs: [], outputs: [] }, { device: 'cpu' }).catch(({ name }) => console.log(name))
    console.log(process.env.ORT_DISABLE_TELEMETRY)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder },
  })
  // the graph was opened, only to find that its inputs are others
  assert.equal(stdout, 'GraphError\n1\n')
  assert.deepEqual(readdirSync(folder), [])
})
