import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { it } from '@jest/globals'

it('has the types of the contracts as they are', () => {
  const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
  const env = { ...process.env, NODE_OPTIONS: '' }
  const made = execFileSync(process.execPath, [file('make-wire-types.mjs'), '--print'], { encoding: 'utf8', env })
  assert.equal(
    readFileSync(file('src/wire-types.ts'), 'utf8'),
    made,
    'The contracts have changed: run `node packages/client/make-wire-types.mjs`.',
  )
})
