import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { checkAspect, namedImages, resolveImages, type KnownImage, type SessionTurn } from '../src/index.js'

const id = (name: string) => `img_${name.padStart(16, '0')}`
const use = (name: string) => ({ imageId: id(name), maskId: null, maskMode: 'keep' as const })
const masked = (name: string, mask: string) => ({ ...use(name), maskId: id(mask), maskMode: 'erase' as const })
const known = (...names: string[]) =>
  new Map(
    names.map((name): [string, KnownImage] => [
      id(name),
      { id: id(name), kind: name.startsWith('m') ? 'mask' : 'uploaded', width: name === 'm2' ? 32 : 64, height: 64 },
    ]),
  )
const turn = (turnId: string, parentTurnId: string | null, images: string[], made: string[] = []): SessionTurn => ({
  id: turnId,
  parentTurnId,
  instruction: '',
  images: images.map(use),
  made: made.map((name) => ({ imageId: id(name), reproduction: name.startsWith('r') })),
})

describe('namedImages', () => {
  it('has mentioned images first, in order of first mention, with their masks, then attached ones', () => {
    const instruction = `@${id('b')}, (@${id('a')}) and @${id('b')}!`
    assert.deepEqual(namedImages({ instruction, images: [use('c'), masked('a', 'm')] }), [
      use('b'),
      masked('a', 'm'),
      use('c'),
    ])
    assert.deepEqual(namedImages({ instruction: 'x' }), [])
  })

  it('takes the order of `images` when every mentioned image is among them', () => {
    const images = [use('c'), masked('a', 'm'), use('b')]
    assert.deepEqual(namedImages({ instruction: `@${id('b')} beside @${id('a')}`, images }), images)
  })

  it('refuses ten', () => {
    const images = Array.from({ length: 9 }, () => use('a'))
    assert.equal(namedImages({ instruction: 'x', images }).length, 9)
    assert.throws(() => namedImages({ instruction: `@${id('b')}`, images }), { code: 'too_many_images' })
  })
})

describe('resolveImages', () => {
  const nowhere = { turns: [], activeTurnId: null }
  const refused = (request: Parameters<typeof resolveImages>[0], names: string[], error: object) =>
    assert.throws(() => resolveImages(request, nowhere, known(...names)), error)

  it('refuses images and masks that are not known, naming them', () => {
    const mentions = [{ mention: '@img_short', position: 2 }]
    refused({ instruction: 'x @img_short' }, [], { code: 'unknown_mention', details: { mentions } })
    refused({ instruction: `@${id('a')}` }, ['b'], { code: 'unknown_mention' })
    refused({ instruction: 'in \uFF20IMG_1' }, [], {
      code: 'unknown_mention',
      details: { mentions: [{ mention: '\uFF20IMG_1', position: 3 }] },
    })
    const field = 'images.1.imageId'
    refused({ instruction: 'x', images: [use('a'), use('b')] }, ['a'], {
      code: 'unknown_image',
      details: { field, imageId: id('b') },
    })
    refused({ instruction: 'x', images: [masked('a', 'm')] }, ['a'], { code: 'unknown_image' })
  })

  it('refuses a mask that is none or has another size', () => {
    refused({ instruction: 'x', images: [masked('a', 'b')] }, ['a', 'b'], { code: 'not_a_mask' })
    refused({ instruction: 'x', images: [masked('a', 'm2')] }, ['a', 'm2'], { code: 'mask_size_mismatch' })
    const images = [masked('a', 'm1')]
    assert.deepEqual(resolveImages({ instruction: 'x', images }, nowhere, known('a', 'm1')), images)
  })

  const turns = [
    turn('t1', null, ['a', 'b'], ['one']),
    turn('t2', 't1', ['one']),
    turn('t3', 't1', ['b', 'a'], ['r3', 'three', 'two']),
    turn('t4', null, []),
    turn('t5', 't4', []),
  ]
  const edited = (activeTurnId: string | null, parentTurnId?: string | null) =>
    resolveImages({ instruction: 'x', parentTurnId }, { turns, activeTurnId }, new Map())

  it('takes the newest image made by the turn it follows, reproductions apart', () => {
    assert.deepEqual(edited('t1'), [use('one')])
    assert.deepEqual(edited('t1', 't3'), [use('three')])
  })

  it('takes what that turn edits when nothing was made, else the same of the turn before', () => {
    assert.deepEqual(edited('t2'), [use('one')])
    assert.deepEqual(edited(null, 't5'), [])
    const made = [turn('t1', null, [], ['one']), turn('t2', 't1', []), turn('t3', 't2', [])]
    assert.deepEqual(resolveImages({ instruction: 'x' }, { turns: made, activeTurnId: 't3' }, new Map()), [use('one')])
  })

  it('takes none at a root, after an unknown turn, or when the request says so', () => {
    assert.deepEqual(edited('t1', null), [])
    assert.deepEqual(edited('t1', 'gone'), [])
    assert.deepEqual(resolveImages({ instruction: 'x', images: [] }, { turns, activeTurnId: 't1' }, new Map()), [])
  })
})

describe('checkAspect', () => {
  const check = (width: number, height: number) =>
    checkAspect([use('a')], new Map([[id('a'), { id: id('a'), kind: 'uploaded', width, height }]]), 4)

  it('takes what the model sees whole', () => {
    for (const [width, height] of [
      [400, 100],
      [100, 400],
      [64, 64],
    ] as const)
      check(width, height)
  })

  it('says what to send to outpaint when an image is too long', () => {
    const details = (width: number, height: number) => {
      try {
        check(width, height)
      } catch (error) {
        return (error as { details: unknown }).details
      }
      return undefined
    }
    const own = { imageId: id('a'), maxAspect: 4 }
    assert.deepEqual(details(1000, 200), { ...own, width: 1000, height: 200, outpaint: { top: 0.125, bottom: 0.125 } })
    assert.deepEqual(details(100, 403), { ...own, width: 100, height: 403, outpaint: { left: 0, right: 0.01 } })
    assert.deepEqual(details(2100, 100), { ...own, width: 2100, height: 100 }, 'too much to add at once')
    assert.throws(() => check(401, 100), { code: 'image_too_elongated', message: /401×100.*4:1.*Crop/ })
  })
})
