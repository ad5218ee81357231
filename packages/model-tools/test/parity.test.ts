import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { closeGraphs, openGraphs } from '@atelier/ace/stages'
import { withCopy } from '@atelier/testing'
import { compare } from '../src/parity/compare.js'
import { formatTable } from '../src/parity/format-table.js'
import { readGoldenDit } from '../src/parity/golden-dit.js'
import { goldenGraphs, runParity } from '../src/parity/run-parity.js'
import { fixture } from '../src/repository.js'

const file = fixture('golden/ace_dit_golden_a.safetensors')

test('every case of the golden file, through the exported graphs', async () => {
  const golden = await readGoldenDit(file)
  const graphs = await openGraphs(fixture('golden-dit'), goldenGraphs, { device: 'cpu', threads: 1 })
  const { conditioner, denoiser, textProjector, sampler } = graphs
  const comparisons = await compare(golden, { conditioner, denoiser })
  const runs = await compare(golden, { textProjector, sampler })
  await closeGraphs(graphs)
  assert.deepEqual(
    new Set(comparisons.map((one) => one.case)),
    new Set(['text_to_image', 'edit_masked', 'long_context', 'batch_of_two', 'sample_long_context']),
  )
  assert.equal(comparisons.length, 4 * 2 + 1 + 4)
  assert.deepEqual(
    runs.map(({ engine }) => engine),
    Array(4 * 2 + 1).fill('sampler'),
  )
  for (const one of [...comparisons, ...runs]) assert.ok(one.error! < 3e-5, formatTable([one]))
})

test('a number that is off by a thousandth is found, and so is another engine that failed', async () => {
  await withCopy(fixture('golden'), async (copy) => {
    const changed = join(copy, 'ace_dit_golden_a.safetensors')
    const bytes = await readFile(changed)
    const header = 8 + Number(bytes.readBigUInt64LE(0))
    const start = (JSON.parse(bytes.toString('utf8', 8, header)) as Record<string, { data_offsets: number[] }>)[
      'long_context.b0.eps_uncond'
    ]!.data_offsets[0]!
    bytes.writeFloatLE(bytes.readFloatLE(header + start) + 1e-3, header + start)
    await writeFile(changed, bytes)
    const { table, passed } = await runParity(changed, fixture('golden-dit'))
    assert.equal(passed, false)
    assert.deepEqual(
      table
        .split('\n')
        .filter((line) => line.endsWith('FAILED'))
        .map((line) => line.split(/\s+/).slice(0, 2)),
      [['long_context', 'eps_uncond']],
    )
  })
  const other = {
    case: 'text_to_image',
    output: 'eps_cond',
    engine: 'onnx',
    error: null,
    tolerance: 1e-4,
    passed: false,
  }
  const { table, passed } = await runParity(file, fixture('golden-dit'), [other])
  assert.equal(passed, false)
  assert.match(table, /text_to_image +eps_cond +NaN +\d.* FAILED/)
})

test('other files are refused by name', async () => {
  await assert.rejects(readGoldenDit(fixture('golden/preprocess_sizes.json')), /not a safetensors file/)
  await assert.rejects(readGoldenDit(fixture('golden/missing')), /ENOENT/)
})
