import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import type { ArchivedGeneration } from '@atelier/contracts'
import type { GenerationRow, TurnRow } from '@atelier/database'
import { collectSession } from '../src/archive/collect-session.js'
import { newNames, renameSession } from '../src/archive/rename-session.js'
import type { SessionContent } from '../src/archive/archive-format.js'
import { turnsOfFork } from '../src/archive/fork-session.js'

const id = (kind: string, n: number) => `${kind}_${String(n).padStart(16, '0')}`
const unit = (n: number, imageId = id('img', n)) => ({
  turnId: id('trn', n),
  instruction: '{image}',
  images: [{ imageId, maskId: id('img', 9), maskMode: 'keep' as const, indicator: '{image}' }],
})
const generation = (n: number, turn: number): ArchivedGeneration => ({
  id: id('gen', n),
  turnId: id('trn', turn),
  status: 'succeeded',
  attempt: 1,
  step: 4,
  seed: 1,
  model: 'tiny',
  parameters: {
    width: 64,
    height: 64,
    steps: 4,
    guidanceScale: 1,
    guidanceRescale: 0,
    negativePrompt: '',
    sampler: 'ddim',
    guidanceInterval: null,
    keepUnmasked: false,
  },
  lcu: [unit(1), unit(turn)],
  historyDropped: [id('trn', 1)],
  timings: {},
  device: 'cpu',
  error: null,
  reproduction: { generationId: id('gen', 1), equal: true, differentPixels: 0, maxDifference: 0, sameDevice: true },
  createdAt: '2025-01-01T00:00:00.000Z',
  startedAt: null,
  finishedAt: null,
})
const content: SessionContent = {
  session: { title: null, activeTurnId: id('trn', 2), createdAt: '', updatedAt: '' },
  turns: [1, 2].map((n) => ({
    id: id('trn', n),
    parentTurnId: n === 1 ? null : id('trn', n - 1),
    instruction: `@${id('img', 1)} and @${id('img', 8)}`,
    images: [{ imageId: id('img', n), maskId: id('img', 9), maskMode: 'keep' }],
    history: { mode: 'lineage' },
    createdAt: '',
  })),
  generations: [generation(1, 1), generation(2, 2)],
  images: [
    {
      id: id('img', 1),
      kind: 'generated',
      width: 64,
      height: 64,
      contentType: 'image/png',
      bytes: 1,
      sha256: '',
      generationId: id('gen', 1),
      index: 0,
      createdAt: '',
    },
  ],
}

describe('renameSession', () => {
  it('renames wherever something is named, and leaves what has no new name', () => {
    const names = newNames(content)
    const own = [id('gen', 1), id('gen', 2), id('img', 1), id('trn', 1), id('trn', 2)]
    assert.deepEqual([...names.keys()].sort(), own)
    const renamed = renameSession(content, names)
    const text = JSON.stringify(renamed)
    for (const old of names.keys()) assert.ok(!text.includes(old), `${old} is still there`)
    for (const kept of [id('img', 2), id('img', 8), id('img', 9)]) assert.ok(text.includes(kept), `${kept} is gone`)
    const back = new Map([...names].map(([old, fresh]) => [fresh, old]))
    assert.deepEqual(renameSession(renamed, back), content)
  })

  it('keeps the order of generations that their ids decide', () => {
    const many = { ...content, generations: Array.from({ length: 20 }, (_, n) => generation(n, 1)) }
    const ids = renameSession(many, newNames(many)).generations.map((renamed) => renamed.id)
    assert.deepEqual(ids, ids.toSorted())
  })
})

describe('collectSession', () => {
  it('does not name turns that have been deleted', async () => {
    const session = { ...content.session, id: '', lastSeq: 2 }
    const {
      parameters: { steps },
    } = generation(1, 1)
    const turns: TurnRow[] = [2, 3].map((n) => {
      const historyDropped = [id('trn', 1), id('trn', 2)]
      const row = {
        ...generation(n, n),
        lcu: [unit(n)],
        historyDropped,
        sessionId: '',
        steps,
        images: [],
        priority: 'interactive' as const,
        queueTag: 1,
      }
      return { ...content.turns[0]!, id: id('trn', n), sessionId: '', images: [], generations: [row] }
    })
    const { generations } = await collectSession({ images: { getMany: async () => [] } as never }, session, turns)
    assert.deepEqual(
      generations.map(({ historyDropped }) => historyDropped),
      [[id('trn', 2)], [id('trn', 2)]],
    )
  })
})

describe('turnsOfFork', () => {
  type Status = GenerationRow['status']
  const turn = (n: number, parent: number | null, seen: number[] = [], status: Status = 'succeeded') =>
    ({
      id: id('trn', n),
      parentTurnId: parent === null ? null : id('trn', parent),
      generations: [{ status, lcu: seen.map((s) => unit(s)), historyDropped: [] }],
    }) as unknown as TurnRow
  const fork = (turns: TurnRow[], n: number) => turnsOfFork(turns, id('trn', n)).map((t) => Number(t.id.slice(4)))

  it('are the path to the turn', () => {
    const turns = [turn(1, null), turn(2, 1), turn(3, 1), turn(4, 3), turn(5, 4)]
    assert.deepEqual(fork(turns, 4), [1, 3, 4])
    assert.deepEqual(fork(turns, 1), [1])
    assert.deepEqual(fork(turns, 6), [])
  })

  it('and the paths to what their generations saw, and so on', () => {
    const turns = [turn(1, null), turn(2, null), turn(3, 2, [1, 3]), turn(4, 1), turn(5, null, [3, 5]), turn(6, 5)]
    assert.deepEqual(fork(turns, 6), [1, 2, 3, 5, 6])
  })

  it('but not what only a generation that still waits will see', () => {
    assert.deepEqual(fork([turn(1, null), turn(2, null, [1, 2], 'queued')], 2), [2])
  })
})
