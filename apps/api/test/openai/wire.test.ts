import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from '@jest/globals'
import { manifestSchema } from '@atelier/contracts'
import { resolveParameters } from '@atelier/conversation'
import { assert as check, integer, oneof, property } from 'fast-check'
import { nearestSize, qualityOf } from '../../src/openai/call-to-turn.js'
import { generationCallSchema, plainFields } from '../../src/openai/images-wire.js'
import { ourId, theirId } from '../../src/openai/responses-call.js'
import { manifest } from '../support/test-api.js'

const embedded = manifestSchema.parse(
  JSON.parse(readFileSync(new URL('../../../../../models/ace-mini/manifest.json', import.meta.url), 'utf8')),
)

describe('the nearest size', () => {
  it('is one that the model can draw, whatever is asked for', () => {
    const side = oneof(integer({ min: 1, max: 99_999 }), integer({ min: 1, max: 400 }))
    for (const model of [manifest, embedded])
      check(
        property(side, side, (width, height) => {
          resolveParameters({ ...nearestSize(`${width}x${height}`, model), seed: 1 }, model, [])
        }),
      )
  })

  it('is the one asked for where the model can draw it, else one of the same shape', () => {
    const size = (asked?: string) => Object.values(nearestSize(asked, manifest)).join('x')
    assert.deepEqual([size('64x48'), size('1024x1024'), size('2048x1024')], ['64x48', '64x64', '80x32'])
    assert.deepEqual([size('auto'), size(undefined), size('8x8')], ['64x64', '64x64', '32x32'])
  })

  it('is the usual one of the model, in the same shape, for what clients ask of every model', () => {
    const size = (asked?: string) => Object.values(nearestSize(asked, embedded)).join('x')
    assert.deepEqual([size('1024x1024'), size('512x512'), size('256x256')], ['64x64', '64x64', '64x64'])
    assert.deepEqual([size('1536x1024'), size('1024x1536')], ['64x48', '48x64'])
    assert.deepEqual([size('96x96'), size('128x128'), size('200x200')], ['96x96', '128x128', '128x128'])
  })
})

describe('what clients send for a field', () => {
  it('is read as its schema has it', () => {
    const sent = { n: '2', seed: '7', guidance_scale: '4.5', stream: 'TRUE', output_format: 'jpg', size: '' }
    assert.deepEqual(plainFields(sent), { n: 2, seed: 7, guidance_scale: 4.5, stream: true, output_format: 'jpeg' })
    assert.deepEqual(plainFields({ a: null, b: 'null', c: 'None', d: 'undefined', prompt: 'None' }), { prompt: 'None' })
    // words that are no numbers stay, to be refused by name
    assert.equal(
      generationCallSchema.safeParse({ prompt: 'x', ...plainFields({ n: 'two' }) }).error!.issues[0]!.path[0],
      'n',
    )
    assert.deepEqual(generationCallSchema.parse({ prompt: 'x', style: 'vivid', user: 'me' }), { prompt: 'x' })
  })

  it('has other names for qualities', () => {
    const asked = [undefined, 'auto', 'standard', 'medium', 'low', 'high', 'hd', 'max'] as const
    assert.deepEqual(asked.map(qualityOf).join(' '), 'medium medium medium medium low high high high')
  })
})

describe('ids of responses', () => {
  it('are ours with other first letters, and nothing else', () => {
    const turn = 'trn_9c1r6y2bn5jd8e0f'
    assert.equal(ourId('resp', theirId(turn)), turn)
    assert.equal(ourId('ig', theirId('gen_9c1r6y2bn5jd8e0f')), 'gen_9c1r6y2bn5jd8e0f')
    for (const id of ['', 'resp_', turn, 'resp_9C1R6Y2BN5JD8E0F', 'ig_9c1r6y2bn5jd8e0f', `${theirId(turn)}\n`])
      assert.equal(ourId('resp', id), undefined, id)
  })
})
