import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { createEncodingCache } from '../src/encoding-cache.js'
import { openGraphs } from '../src/model-folder/model-graphs.js'
import { readModelFolder } from '../src/model-folder/read-model-folder.js'
import { encodeTexts } from '../src/text/encode-texts.js'
import { tinyModel } from './fixtures.js'

test('ids end in the end token and stop at the limit', async () => {
  const { manifest, tokenizer } = await readModelFolder(tinyModel)
  const { eosId, maxTokens } = manifest.text
  assert.deepEqual(tokenizer.encode(''), [eosId])
  const ids = tokenizer.encode('a red circle')
  assert.ok(ids.length > 1 && ids.at(-1) === eosId && !ids.slice(0, -1).includes(eosId))
  const long = tokenizer.encode('a red circle '.repeat(200))
  assert.equal(long.length, maxTokens)
  assert.equal(long.at(-1), eosId)
})

test('a text is encoded alone, whatever comes with it', async () => {
  const { manifest, tokenizer } = await readModelFolder(tinyModel)
  const { textEncoder } = await openGraphs(
    tinyModel,
    { textEncoder: manifest.graphs.textEncoder },
    { device: 'cpu', threads: 1 },
  )
  const encode = async (texts: string[]) => {
    const parts = { encoder: textEncoder, tokenizer, settings: manifest.text, cache: createEncodingCache(4e6).texts }
    return (await encodeTexts(texts, parts, 'somebody')).segments
  }
  const [alone] = await encode(['a red circle'])
  const [empty, long, again, same] = await encode([
    '',
    'a small yellow star above a green square',
    '  a red&#32;circle ',
    'a red circle',
  ])
  assert.equal(empty!.length, 1)
  assert.ok(long!.length > alone!.length)
  assert.equal(again, same)
  assert.deepEqual(same, alone)
  await textEncoder.close()
})
