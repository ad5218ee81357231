import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from '@jest/globals'

it('loads socket.io-client and no other package: the contracts, and zod with them, are types alone', () => {
  const folder = new URL('../../src/', import.meta.url)
  const imported = readdirSync(folder).flatMap((name) => {
    const source = readFileSync(new URL(name, folder), 'utf8')
    return Array.from(source.matchAll(/^(?:import|export) (?!type )[^']*from '([^.'][^']*)'/gm), (match) => match[1]!)
  })
  assert.deepEqual(imported, ['socket.io-client'])
})
