import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { mentionedIn, piecesOf, plainInstruction, withoutMention } from '../src/conversation/mentions.js'
import { titleOf } from '../src/conversation/title.js'
import {
  emptyDraft,
  imagesOf,
  isEmptyDraft,
  reopened,
  turnIn,
  turnOf,
  withAttempt,
  withImage,
  withMask,
  withMovedImage,
  withoutImage,
  withoutRefused,
  withoutRoom,
  withoutUnsent,
  withPutBack,
  withReached,
  withRefused,
  withRoom,
  withUnsent,
  type Draft,
  type RefusalReason,
  type WrittenTurn,
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

const written = (text: string): Draft => ({ ...emptyDraft, text })
const full = { reason: 'The queue is full.', kind: 'put off' as const }
const away = { reason: 'The server does not respond.', kind: 'unanswered' as const }

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

  it('puts a picture that got room in place of the one without, beside what was added meanwhile', () => {
    const room = { top: 0, right: 8, bottom: 0, left: 0 }
    const grown = { imageId: c, maskId: 'm', extended: { from: a, room, words: 'extend it' } }
    assert.deepEqual(withRoom(emptyDraft, grown), { ...emptyDraft, text: 'extend it', images: [grown] })
    const added = { ...emptyDraft, text: 'red', images: [{ imageId: a }, { imageId: b }] }
    const extended = withRoom(added, grown)
    assert.deepEqual(extended, { ...added, images: [grown, { imageId: b }] })
    assert.deepEqual(withoutRoom(extended, c, c), added)
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
    const turn = { ...emptyDraft, text: 'make it red', parameters: { steps: 3 } }
    const onItsWay = withUnsent(turn, turn)
    assert.deepEqual([onItsWay.text, onItsWay.parameters, onItsWay.unsent?.length], ['', { steps: 3 }, 1])
    assert.deepEqual(withoutUnsent(onItsWay, turn), { ...turn, text: '' })
    const refused = withRefused(onItsWay, turn, full)
    assert.deepEqual(refused, { ...turn, refused: [{ ...full, turn, inField: true }] })
    // Sent again, also when it was changed, the reason has been read.
    const changed = { ...turn, text: 'make it blue' }
    for (const again of [turn, changed]) assert.equal(withUnsent({ ...refused, ...again }, again).refused, undefined)
  })

  it('keeps one of two turns with the same words when the other has arrived', () => {
    const [first, second] = [written('make it red'), written('make it red')]
    const both = withUnsent({ ...withUnsent(first, first), ...second }, second)
    assert.deepEqual(withoutUnsent(both, first).unsent, [second])
  })

  it('keeps what was refused beside what has been written since, until it is sent or let go', () => {
    const [a, b] = [written('a'), written('b')]
    const draft = withRefused({ ...withUnsent(a, a), text: 'b' }, a, away)
    assert.deepEqual(
      [draft.text, draft.refused, isEmptyDraft({ ...draft, text: '' })],
      ['b', [{ ...away, turn: a }], false],
    )
    // Neither the way back to the server nor the turn that was written since takes it away.
    assert.equal(withReached(draft), draft)
    const sent = withUnsent(draft, b)
    assert.deepEqual([sent.text, sent.unsent, sent.refused], ['', [b], draft.refused])
    const back = withPutBack(sent, sent.refused![0]!)
    assert.deepEqual([back.text, back.unsent, withReached(back).refused], ['a', [b], undefined])
    assert.deepEqual(withoutRefused(draft, draft.refused![0]!), b)
    // Pictures that were chosen since are something written, too.
    assert.deepEqual(withRefused({ ...withUnsent(a, a), images: [] }, a, away).images, [])
  })

  it('sends what was refused without what is written now, and leaves no trace of it', () => {
    const turn = written('a long story')
    const other = { ...written('another'), unsent: [written('on its way')] }
    const draft = withRefused({ ...other, unsent: [...other.unsent, turn] }, turn, { reason: 'It is too long.' })
    const kept = draft.refused![0]!.turn
    const again = withUnsent(draft, kept)
    assert.deepEqual(again, { ...other, unsent: [...other.unsent, turn] })
    assert.deepEqual(withoutUnsent(again, kept), other)
    assert.deepEqual(turnIn(draft), written('another'))
  })

  it('has everything again that was on its way when the page was closed', () => {
    const [a, b, c] = [written('a'), written('b'), written('c')]
    const closed = { reason: 'Closed.', kind: 'closed' }
    const none = reopened({ ...emptyDraft, unsent: [a, b], refused: [{ ...full, turn: c }] }, 'Closed.')
    assert.deepEqual(none, {
      ...b,
      refused: [
        { ...full, turn: c },
        { ...closed, turn: b, inField: true },
        { ...closed, turn: a },
      ],
    })
    const some = reopened({ ...c, unsent: [a] }, 'Closed.')
    assert.deepEqual(some, { ...c, refused: [{ ...closed, turn: a }] })
    assert.deepEqual(reopened(c, 'Closed.'), c)
  })

  it('goes the same way again when nobody has answered and nothing has changed, so that it is made once', () => {
    const draft = { ...written('make it red'), parameters: { steps: 3 } }
    const send = (turn: WrittenTurn, parentTurnId?: string) =>
      withAttempt(turn, { ...turnOf(turn, null), ...(parentTurnId && { parentTurnId }) }, null)
    const sent = send(draft, 'trn_1')
    const { key, body } = sent.attempt
    const unanswered = turnIn(withRefused(withUnsent(draft, sent), sent, away))
    // It may have arrived: then it is the newest turn now.
    const again = send(unanswered, 'trn_2')
    assert.deepEqual([again.attempt.key, again.attempt.body], [key, body])
    assert.notEqual(send({ ...unanswered, text: 'make it blue' }).attempt.key, key)
    assert.equal(withUnsent(unanswered, unanswered).attempt, undefined)
    const closed = JSON.parse(JSON.stringify(withUnsent(draft, sent))) as Draft
    assert.equal(send(turnIn(reopened(closed, 'Closed.'))).attempt.key, key)
  })

  it('keeps its key until an answer says that it has not arrived', () => {
    const draft = written('make it red')
    const sent = withAttempt(draft, turnOf(draft, null), null)
    const refuse = (turn: WrittenTurn, ...reasons: RefusalReason[]) =>
      reasons.reduce((now, why) => turnIn(withRefused(withUnsent(now, now), now, why)), turn).attempt?.key
    const { key } = sent.attempt
    const wrong = { reason: 'It is not valid.' }
    const spent = { reason: 'It is gone.', kind: 'spent' as const }
    assert.equal(refuse(sent, wrong), undefined)
    for (const first of [away, full]) {
      assert.equal(refuse(sent, first), key)
      assert.equal(refuse(sent, first, full, away), key)
      // What was refused later may have arrived before.
      assert.equal(refuse(sent, first, wrong), key)
      assert.equal(refuse(sent, first, spent), undefined)
    }
  })

  it('is the same turn when the picture on the stage is another one only because it is newer', () => {
    const draft = written('make it red')
    const sent = withAttempt(draft, turnOf(draft, a), null)
    const unanswered = turnIn(withRefused(withUnsent(draft, sent), sent, away))
    const [newer, chosen] = [null, b].map((chosenId) => withAttempt(unanswered, turnOf(unanswered, b), chosenId))
    assert.deepEqual([newer!.attempt.key, newer!.attempt.body.images], [sent.attempt.key, sent.attempt.body.images])
    assert.notEqual(chosen!.attempt.key, sent.attempt.key)
    const named = { ...unanswered, images: [{ imageId: b }] }
    assert.notEqual(withAttempt(named, turnOf(named, b), null).attempt.key, sent.attempt.key)
  })

  it('still says that the page was closed when the server is in reach', () => {
    const draft = reopened({ ...emptyDraft, unsent: [written('a')] }, 'Closed.')
    assert.equal(withReached(draft), draft)
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
