import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { AceError } from '../src/index.js'
import { graphTable } from '../src/model-folder/graph-table.js'
import { Graph } from '../src/ort.js'
import { tinyModel } from './fixtures.js'

// Run by out-of-memory.test.ts: a graph that works, and then needs one buffer of gigabytes where 512 MB are left.
const encoder = await Graph.open(`${tinyModel}/text_encoder.onnx`, graphTable.textEncoder, {
  device: 'cpu',
  threads: 1,
})
const encode = (tokens: number) => {
  const input = { data: new BigInt64Array(tokens).fill(1n), dims: [1, tokens] }
  return encoder.run({ input_ids: input, attention_mask: input })
}
await encode(4)
const kilobytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
execFileSync('prlimit', ['--pid', String(process.pid), `--as=${(kilobytes + 512 * 1024) * 1024}`])
try {
  await encode(20_000)
} catch (error) {
  console.log(error instanceof AceError ? `${error.name} ${error.code}` : error)
}
