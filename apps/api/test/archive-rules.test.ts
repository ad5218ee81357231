import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import type { ArchivedGeneration } from '@atelier/contracts'
import type { SessionContentRepository } from '@atelier/database'
import { collectSession } from '../src/archive/collect-session.js'
import { newNames, renameSession } from '../src/archive/rename-session.js'
import type { SessionContent } from '../src/archive/archive-format.js'

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
    speed: 'exact',
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
    const { steps } = generation(1, 1).parameters
    const turnIds = [id('trn', 2), id('trn', 3)]
    const rows: Pick<SessionContentRepository, 'turns' | 'generations' | 'images'> = {
      turns: async (ids) => ids.map((turnId) => ({ ...content.turns[0]!, id: turnId, sessionId: '', images: [] })),
      generations: async () =>
        [2, 3].map((n) => {
          const historyDropped = [id('trn', 1), id('trn', 2)]
          return {
            ...generation(n, n),
            lcu: [unit(n)],
            historyDropped,
            sessionId: '',
            steps,
            images: [],
            priority: 'interactive' as const,
            queueTag: 1,
          }
        }),
      images: async () => [],
    }
    const outline = { session, turnIds, generationIds: [id('gen', 2), id('gen', 3)], images: [] }
    const { generations } = await collectSession(rows as SessionContentRepository, outline)
    assert.deepEqual(
      generations.map(({ historyDropped }) => historyDropped),
      [[id('trn', 2)], [id('trn', 2)]],
    )
  })
})
