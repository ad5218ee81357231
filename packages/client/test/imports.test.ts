import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from '@jest/globals'

it('needs socket.io-client and no other package; files are read in Node alone, and React is met at its own entry', () => {
  const folder = new URL('../../src/', import.meta.url)
  const imported = readdirSync(folder).flatMap((name) => {
    const source = readFileSync(new URL(name, folder), 'utf8')
    return Array.from(source.matchAll(/^(?:import|export) [^']*from '([^.'][^']*)'/gm), (match) => [name, match[1]!])
  })
  assert.deepEqual(imported.sort(), [
    ['react.ts', 'react'],
    ['read-file.ts', 'node:fs/promises'],
    ['read-picture.ts', '#read-file'],
    ['session-events.ts', 'socket.io-client'],
  ])
})
