import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import {
  AtelierError,
  createTurnSchema,
  errorTable,
  idSchema,
  logEventNames,
  newId,
  turnImageRequestSchema,
  turnImageSchema,
} from '../src/index.js'

describe('ids', () => {
  it('name their kind and match their schema', () => {
    const id = newId('image')
    assert.match(id, /^img_/)
    assert.equal(idSchema('image').safeParse(id).success, true)
    assert.equal(idSchema('session').safeParse(id).success, false)
    assert.notEqual(newId('image'), newId('image'))
  })
})

describe('errors', () => {
  it('say what happened and what to do, with an error status', () => {
    for (const [code, row] of Object.entries(errorTable)) {
      assert.match(code, /^[a-z_]+$/)
      assert.ok(row.status >= 400 && row.status < 600, code)
      assert.match(row.when, /^[A-Z`].*\.$/, code)
      assert.match(row.next, /^[A-Z`].*\.$/, code)
    }
    const error = new AtelierError('unknown_image', 'There is no picture img_x.')
    assert.equal(error.status, 400)
    assert.match(error.message, /img_x.*Upload/)
  })
})

describe('turns', () => {
  it('fill in the defaults', () => {
    const turn = createTurnSchema.parse({ instruction: 'a red circle' })
    assert.deepEqual(turn, {
      instruction: 'a red circle',
      history: { mode: 'lineage' },
      parameters: {},
      priority: 'interactive',
    })
    assert.deepEqual(turnImageSchema.parse({ imageId: 'img_0000000000000000' }), {
      imageId: 'img_0000000000000000',
      maskId: null,
      maskMode: 'keep',
    })
  })

  it('take a mask mode only with a mask', () => {
    const [imageId, maskId] = ['img_0000000000000000', 'img_0000000000000001']
    const read = (image: object) => turnImageRequestSchema.safeParse({ imageId, ...image })
    assert.deepEqual(read({ maskId, maskMode: 'erase' }).data, { imageId, maskId, maskMode: 'erase' })
    assert.deepEqual(read({ maskId }).data, { imageId, maskId, maskMode: 'keep' })
    assert.deepEqual(read({}).data, { imageId, maskId: null, maskMode: 'keep' })
    // what an answer says of an image without a mask
    assert.deepEqual(read({ maskId: null, maskMode: 'keep' }).data, { imageId, maskId: null, maskMode: 'keep' })
    for (const image of [{ maskMode: 'erase' }, { maskMode: 'keep' }, { maskId: null, maskMode: 'erase' }]) {
      const [issue] = read(image).error!.issues
      assert.deepEqual(issue!.path, ['maskMode'])
      assert.match(issue!.message, /maskId/)
    }
  })
})

describe('events', () => {
  it('have the names in the contract', () => {
    assert.deepEqual(logEventNames, [
      'turn-created',
      'generation-queued',
      'generation-started',
      'generation-succeeded',
      'generation-failed',
      'generation-cancelled',
      'turn-deleted',
    ])
  })
})
