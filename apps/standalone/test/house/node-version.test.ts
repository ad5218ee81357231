import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { root } from '../start-stack.js'

const { tooOld } = (await import(`${root}/apps/standalone/bootstrap/node-version.mjs`)) as {
  tooOld(version: string): string | null
}

describe('the version of Node', () => {
  it('that is too old gets one line with both versions', () =>
    assert.match(tooOld('18.20.4')!, /^Atelier needs Node 20\.19\.0 or newer; this is 18\.20\.4\..*$/))

  it('is compared part by part', () => {
    assert.notEqual(tooOld('20.9.0'), null)
    for (const version of ['20.19.0', '20.20.2', '22.0.0', process.versions.node]) assert.equal(tooOld(version), null)
  })
})
