import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId, shownGenerations } from '@atelier/contracts'
import { furthestTurn } from '../src/owner/turn-context.js'
import { addTurn, begin, claim, everyTurn, newImage, openFixture, paint, use, type Fixture } from './support.js'

describe('pages of turns', () => {
  let fixture: Fixture
  /** The path 0 → 1 → 2, from 1 also 3 → 4, and another root 5. */
  let sessionId: string
  const ids: string[] = []
  beforeAll(async () => {
    fixture = await openFixture()
    const { owner } = fixture
    sessionId = (await owner.sessions.create({})).id
    for (const parent of [null, 0, 1, 1, 3, null]) {
      const parentTurnId = parent === null ? null : ids[parent]!
      ids.push((await addTurn(owner, sessionId, { parentTurnId })).id)
    }
  })
  afterAll(() => fixture.stop())

  const page = async (query: object) => {
    const { turns, earlier, later } = (await fixture.owner.turns.page(sessionId, {
      path: 'active',
      limit: 2,
      ...query,
    }))!
    return { turns: turns.map(({ id }) => ids.indexOf(id)), earlier, later, cursors: turns.map(({ cursor }) => cursor) }
  }
  const places = async (query: object) => {
    const { turns, earlier, later } = await page(query)
    return [turns, earlier, later]
  }

  it('end with the active turn, and go back from there', async () => {
    assert.deepEqual(await places({}), [[5], false, false])
    await fixture.owner.sessions.update(sessionId, { activeTurnId: ids[4]! })
    assert.deepEqual(await places({}), [[3, 4], true, false])
    assert.deepEqual(await places({ before: ids[3] }), [[0, 1], false, true])
    assert.deepEqual(await places({ before: ids[0] }), [[], false, true])
    assert.deepEqual(await places({ after: ids[0] }), [[1, 3], true, true])
    assert.deepEqual(await places({ after: ids[1] }), [[3, 4], true, false])
    assert.deepEqual(await places({ after: ids[4] }), [[], true, false])
  })

  it('follow the path through a turn, by the newest turn at each fork', async () => {
    assert.deepEqual(await places({ turn: ids[2] }), [[1, 2], true, false])
    assert.deepEqual(await places({ turn: ids[0], limit: 9 }), [[0, 1, 3, 4], false, false])
    assert.deepEqual(await places({ turn: ids[2], after: ids[0], limit: 1 }), [[1], true, true])
    await assert.rejects(page({ turn: ids[2], after: ids[3] }), { code: 'invalid_request' })
    await assert.rejects(page({ turn: newId('turn') }), { code: 'unknown_turn' })
  })

  it('go over all turns in order of creation, though turns are deleted meanwhile', async () => {
    assert.deepEqual(await places({ path: 'all', limit: 9 }), [[0, 1, 2, 3, 4, 5], false, false])
    const { cursors } = await page({ path: 'all' })
    assert.deepEqual(await places({ path: 'all', before: cursors[0] }), [[2, 3], true, true])
    const extra = await addTurn(fixture.owner, sessionId, { parentTurnId: null })
    const newest = await page({ path: 'all', limit: 1 })
    await fixture.owner.turns.delete(extra.id)
    assert.deepEqual(await places({ path: 'all', before: newest.cursors[0], limit: 1 }), [[5], true, true])
    assert.deepEqual(await places({ path: 'all', after: '0', limit: 1 }), [[0], true, true])
    await assert.rejects(page({ path: 'all', before: ids[3] }), { code: 'invalid_request' })
    await assert.rejects(page({ before: '3' }), { code: 'invalid_request' })
  })

  it('say where a turn stands among its siblings, and list them', async () => {
    const { turns } = (await fixture.owner.turns.page(sessionId, everyTurn))!
    assert.deepEqual(
      turns.map(({ siblingIndex, siblingCount }) => [siblingIndex, siblingCount]),
      [
        [0, 2],
        [0, 1],
        [0, 2],
        [1, 2],
        [0, 1],
        [1, 2],
      ],
    )
    const siblings = async (n: number, query: object) => {
      const list = (await fixture.owner.turns.siblings(ids[n]!, { limit: 1, from: 0, ...query }))!
      return [list.turns.map(({ id }) => ids.indexOf(id)), list.later]
    }
    assert.deepEqual(await siblings(3, {}), [[2], true])
    assert.deepEqual(await siblings(3, { from: 1 }), [[3], false])
    assert.deepEqual(await siblings(5, { limit: 9 }), [[0, 5], false])
    const first = (await fixture.owner.turns.siblings(ids[3]!, { limit: 1, from: 0 }))!
    assert.deepEqual(await siblings(3, { cursor: first.turns[0]!.cursor }), [[3], false])
    await assert.rejects(siblings(3, { cursor: 'x' }), { code: 'invalid_request' })
  })

  it('show the newest generations of a turn, and list the others', async () => {
    const { db, owner } = fixture
    const { session, id, generation } = await begin(owner)
    await db.work.fail(await claim(db, generation.id), { code: 'model_failed', message: 'x' })
    const made = [generation.id]
    for (let seed = 1; seed <= shownGenerations + 2; seed++)
      made.push((await owner.generations.retry(generation.id, seed))!.id)
    const { turns } = (await owner.turns.page(session.id, { path: 'active', limit: 1 }))!
    assert.equal(turns[0]!.generationCount, made.length)
    assert.deepEqual(
      turns[0]!.generations.map((row) => row.id),
      made.slice(-shownGenerations),
    )
    const list = (await owner.generations.ofTurn(id, { limit: 100 }))!
    assert.deepEqual(
      list.data.map((row) => row.id),
      made.toReversed(),
    )
  })
})

describe('a new turn in a long session', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  /** Puts `count` turns without images under a turn. @returns the last one */
  const lengthen = async (sessionId: string, from: string, count: number) => {
    const id = (n: string) => `'trn_' || lpad((${n})::text, 16, '0')`
    await fixture.sql(
      `INSERT INTO turns (id, session_id, owner_id, seq, parent_turn_id, instruction, history)
       SELECT ${id('n')}, $1, $2, 100 + n, CASE n WHEN 1 THEN $3 ELSE ${id('n - 1')} END, 'x', '{"mode": "lineage"}'
       FROM generate_series(1, ${count}) AS n`,
      [sessionId, fixture.owner.ownerId, from],
    )
    await fixture.sql('UPDATE sessions SET last_seq = $2 WHERE id = $1', [sessionId, 200 + count])
    return `trn_${String(count).padStart(16, '0')}`
  }

  it('looks for its image and its history in the thousand turns before it, and no further', async () => {
    const { db, owner, sql } = fixture
    for (const [between, found] of [
      [furthestTurn - 1, true],
      [furthestTurn, false],
    ] as const) {
      const used = await owner.images.create(newImage())
      const first = await begin(owner, { images: [use(used.id)] })
      const made = await paint(db, owner, first.generation.id)
      const last = await lengthen(first.session.id, first.id, between)
      const next = await addTurn(owner, first.session.id, { images: undefined, parentTurnId: last })
      assert.deepEqual(
        next.images.map(({ imageId }) => imageId),
        found ? [made.id] : [],
      )
      const { lcu } = next.generation
      assert.deepEqual(
        lcu.map(({ turnId }) => turnId),
        found ? [first.id, next.id] : [next.id],
      )
      await sql('DELETE FROM sessions')
    }
  })
})

describe('the turns of a fork', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('are the path, and the paths to what its ended generations saw, and so on', async () => {
    const { db, owner } = fixture
    const image = await owner.images.create(newImage())
    const turn = { images: [use(image.id)] }
    const first = await begin(owner, { ...turn, parentTurnId: null })
    const { id: sessionId } = first.session
    const aside = await addTurn(owner, sessionId, { ...turn, parentTurnId: null })
    const below = await addTurn(owner, sessionId, { ...turn, parentTurnId: aside.id })
    // sees `below` alone
    const wide = await addTurn(owner, sessionId, {
      ...turn,
      parentTurnId: first.id,
      history: { mode: 'session', limit: 1 },
    })
    const end = await addTurn(owner, sessionId, { ...turn, parentTurnId: wide.id, history: { mode: 'none' } })
    const fork = (turnId: string, limit = 100) => owner.content.forkedTurns(sessionId, turnId, limit)
    assert.deepEqual(await fork(end.id), [first.id, wide.id, end.id], 'nothing has been seen while it waits')
    await db.work.fail(await claim(db, wide.generation.id), { code: 'model_failed', message: 'x' })
    assert.deepEqual(await fork(end.id), [first.id, aside.id, below.id, wide.id, end.id])
    assert.equal((await fork(end.id, 3)).length, 3)
    assert.deepEqual(await fork(first.id), [first.id])
    assert.deepEqual(await fork(newId('turn')), [])
  })
})
