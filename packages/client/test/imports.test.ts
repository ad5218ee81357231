import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from '@jest/globals'

it('loads socket.io-client and no other package: the contracts, and zod with them, are types alone', () => {
  const folder = new URL('../src/', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const imported = files.flatMap((name) =>
    Array.from(readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([^.'][^']*)'/g), (match) => match[1]!),
  )
  assert.deepEqual(imported, ['socket.io-client'])
})
