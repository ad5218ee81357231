import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { mentionedIn, piecesOf, plainInstruction, withoutMention } from '../src/conversation/mentions.js'
import { titleOf } from '../src/conversation/title.js'
import {
  emptyDraft,
  imagesOf,
  isEmptyDraft,
  turnOf,
  withImage,
  withMask,
  withMovedImage,
  withoutImage,
  withoutTurn,
  withoutUnsent,
  withRefused,
} from '../src/draft/draft.js'
import { obstacleOf } from '../src/draft/obstacle.js'

const id = (letter: string) => `img_${letter.repeat(16)}`
const [a, b, c] = [id('a'), id('b'), id('c')]

describe('mentions in an instruction', () => {
  it('are found with capital letters and full-width signs, but not when cut short or too long', () => {
    assert.deepEqual(piecesOf(`put @${a} on @IMG_${'B'.repeat(16)}, then \uFF20${a}`), [
      { text: 'put ' },
      { imageId: a },
      { text: ' on ' },
      { imageId: b },
      { text: ', then ' },
      { imageId: a },
    ])
    assert.deepEqual(piecesOf(`@${a}x and @img_abc`), [{ text: `@${a}x and @img_abc` }])
    assert.deepEqual(mentionedIn(`@${b} @${a} @${b}`), [b, a])
  })

  it('are words when the instruction is read, and can be taken out', () => {
    assert.equal(plainInstruction(`make\n@${a}  red`), 'make the picture red')
    assert.equal(withoutMention(`put @${a} on @${b}`, a), `put  on @${b}`)
  })
})

describe('a title made from an instruction', () => {
  it('is one line, cut between two words', () => {
    assert.equal(titleOf('  a red circle\non blue '), 'a red circle on blue')
    const long = titleOf('a very long description of a picture that goes on and on without any end in sight')
    assert.equal(long, 'a very long description of a picture that goes on and on…')
    assert.ok(titleOf('x'.repeat(500)).length <= 60)
  })

  it('does not cut a character in two', () => {
    const family = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'
    assert.equal(titleOf(family.repeat(80)), `${family.repeat(59)}…`)
  })
})

describe('a draft', () => {
  it('edits the picture on the stage until pictures are chosen; mentioned ones come behind', () => {
    const draft = { ...emptyDraft, text: `like @${b}` }
    assert.deepEqual(imagesOf(draft, a), [{ imageId: a }, { imageId: b }])
    assert.deepEqual(imagesOf({ ...draft, images: [] }, a), [{ imageId: b }])
    assert.deepEqual(imagesOf({ ...draft, images: [{ imageId: b }, { imageId: c }] }, a), [
      { imageId: b },
      { imageId: c },
    ])
    assert.deepEqual(imagesOf(emptyDraft, null), [])
  })

  it('loses a picture with the mentions of it', () => {
    const { text, images } = withoutImage({ ...emptyDraft, text: `put @${b} here` }, b, a)
    assert.deepEqual([text, images], ['put  here', [{ imageId: a }]])
  })

  it('keeps pictures in order, each once', () => {
    const images = [{ imageId: a }, { imageId: b }]
    assert.deepEqual(withImage(images, { imageId: a }), images)
    assert.deepEqual(withImage(images, { imageId: c }, 0)[0], { imageId: c })
    assert.deepEqual(withMovedImage(images, 1, 0), [{ imageId: b }, { imageId: a }])
    assert.deepEqual(withMovedImage(images, 5, 0), images)
  })

  it('puts a mask on a picture, which then is edited if it was not used, and takes it off', () => {
    const mask = { maskId: c, maskMode: 'erase' as const }
    assert.deepEqual(withMask([{ imageId: a }], b, mask), [{ imageId: b, ...mask }, { imageId: a }])
    assert.deepEqual(withMask([{ imageId: a, ...mask }], a, null), [{ imageId: a }])
  })

  it('keeps a turn until it has arrived, and gives it back when it is refused', () => {
    const draft = { ...emptyDraft, text: 'make it red', parameters: { steps: 3 } }
    const onItsWay = withoutTurn(draft)
    assert.deepEqual([onItsWay.text, onItsWay.parameters, onItsWay.unsent?.length], ['', { steps: 3 }, 1])
    assert.deepEqual(withoutUnsent(onItsWay, draft), { ...draft, text: '' })
    assert.deepEqual(withRefused(onItsWay, draft), draft)
    // What has been written since stays.
    assert.deepEqual(withRefused({ ...onItsWay, text: 'next' }, draft), { ...draft, text: 'next' })
  })

  it('becomes the body of a turn, in place of the one that it replaces', () => {
    const draft = { ...emptyDraft, text: ' make it red ', replaces: { turnId: 'trn_1', parentTurnId: null } }
    assert.deepEqual(turnOf({ ...draft, images: [{ imageId: a, maskId: b }] }, null), {
      instruction: 'make it red',
      images: [{ imageId: a, maskId: b, maskMode: 'keep' }],
      parameters: {},
      parentTurnId: null,
    })
    assert.equal(isEmptyDraft(emptyDraft), true)
    assert.equal(isEmptyDraft({ ...emptyDraft, images: [] }), false)
  })
})

describe('what stands in the way of a draft', () => {
  const images = Array.from({ length: 9 }, (_, n) => ({ imageId: id(String(n)) }))

  it('is nothing with nine pictures and 2,000 characters, however many units those take', () => {
    assert.equal(obstacleOf({ text: 'x'.repeat(2000) }, images, undefined), null)
    assert.equal(obstacleOf({ text: '👩‍👩‍👧'.repeat(2000) }, [], undefined), null)
    assert.equal(obstacleOf({ text: `${'x'.repeat(2000)}  \n` }, [], undefined), null)
  })

  it('is what is too much, and a picture that the model cannot take', () => {
    assert.deepEqual(obstacleOf({ text: 'é'.repeat(2002) }, [], undefined), { kind: 'characters', surplus: 2 })
    assert.deepEqual(obstacleOf({ text: '' }, [...images, { imageId: a }], a), { kind: 'pictures', surplus: 1 })
    assert.deepEqual(obstacleOf({ text: '' }, images, a), { kind: 'elongated', imageId: a })
  })
})
