import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from '@jest/globals'
import { environmentSchema, readEnvironment } from '../src/index.js'

const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')
const rows = Array.from(page.matchAll(/^\| `(\w+)` \| (?:`([^`]+)`|([^|]+?)) \|/gm), ([, name, literal]) => ({
  name: name!,
  literal,
}))

describe('docs/configuration.md', () => {
  it('lists every variable exactly once', () => {
    assert.deepEqual(rows.map((r) => r.name).toSorted(), Object.keys(environmentSchema.shape).toSorted())
  })

  it('states the actual defaults', () => {
    const defaults = readEnvironment({}) as Record<string, unknown>
    for (const { name, literal } of rows) if (literal) assert.equal(String(defaults[name]), literal, name)
  })
})
