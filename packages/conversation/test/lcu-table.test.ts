import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from '@jest/globals'
import { historySchema, type Lcu } from '@atelier/contracts'
import { composeLcu, type UnitTurn } from '../src/index.js'

// The table of docs/lcu.md, run.

const idOf = (name: string) => `img_${name.toLowerCase().padStart(16, '0')}`
const nameOf = (id: string) => id.slice(-1).toUpperCase()

function readTurn(text: string): UnitTurn {
  const parts = /^(\w+)(?: < (\w+))?:(.*)\[(.*)\]$/s.exec(text)
  assert.ok(parts, `not a turn: ${text}`)
  const [, id, parent, instruction, images] = parts
  return {
    id: id!,
    parentTurnId: parent ?? null,
    instruction: instruction!.replaceAll(/@([A-Z])\b/g, (_, name: string) => `@${idOf(name)}`),
    images: images!
      .split(', ')
      .filter(Boolean)
      .map((image) => {
        const [name, mask] = image.replace('!', '').split('+')
        const maskMode = image.endsWith('!') ? ('erase' as const) : ('keep' as const)
        return { imageId: idOf(name!), maskId: mask ? idOf(mask) : null, maskMode }
      }),
  }
}

const writeImage = ({ imageId, maskId, maskMode, indicator }: Lcu[number]['images'][number]) =>
  `${nameOf(imageId)}${maskId ? `+${nameOf(maskId)}` : ''}${maskMode === 'erase' ? '!' : ''}=${indicator}`
const writeLcu = (lcu: Lcu) =>
  lcu.map(({ turnId, instruction, images }) => `${turnId}: ${instruction} [${images.map(writeImage).join(', ')}]`)

const page = readFileSync(new URL('../../../../docs/lcu.md', import.meta.url), 'utf8')
const rows = page
  .slice(page.indexOf('## Cases'))
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.slice(1, -1)),
  )

describe('the LCU', () => {
  it('has a table of cases', () => assert.ok(rows.length >= 20))
  for (const [name, turns, history, sees, dropped] of rows) {
    it(name!, () => {
      const list = turns!.split('<br>').map(readTurn)
      const [mode, limit] = history!.split(' ')
      const result = composeLcu(
        list.slice(0, -1),
        list.at(-1)!,
        historySchema.parse({ mode, ...(limit && { limit: Number(limit) }) }),
      )
      assert.deepEqual(writeLcu(result.lcu), sees!.split('<br>'))
      assert.deepEqual(result.dropped, dropped!.split(', ').filter(Boolean))
    })
  }
})
