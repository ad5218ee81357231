import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { startTestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

describe('the built page', () => {
  it('is sent compressed to those who can read that, and kept by browsers only under names with a hash', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atelier page '))
    cleanUp(() => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'assets'))
    const script = 'export const page = 1\n'.repeat(100)
    await writeFile(join(folder, 'index.html'), '<base href="/"><p>page</p>')
    await writeFile(join(folder, 'assets/index-1.js'), script)
    await writeFile(join(folder, 'assets/index-1.js.gz'), gzipSync(script))
    const api = await startTestApi((d) => ({ ...d, settings: { ...d.settings, pageDirectory: folder } }))
    cleanUp(() => api.close())
    const get = (url: string, headers = {}) => api.app.inject({ url, headers })
    const plain = await get('/assets/index-1.js')
    assert.deepEqual([plain.body, plain.headers['content-encoding']], [script, undefined])
    const small = await get('/assets/index-1.js', { 'accept-encoding': 'gzip, deflate, br' })
    assert.deepEqual([small.statusCode, small.headers['content-encoding']], [200, 'gzip'])
    assert.equal(gunzipSync(small.rawPayload).toString(), script)
    for (const { headers } of [plain, small]) {
      assert.match(String(headers['content-type']), /javascript/)
      assert.match(String(headers.vary), /accept-encoding/i)
      assert.match(String(headers['cache-control']), /immutable/)
    }
    assert.equal((await get('/assets/index-1.js.gz')).statusCode, 404)
    const html = await get('/', { 'accept-encoding': 'gzip' })
    assert.deepEqual([html.body, html.headers['cache-control']], ['<base href="/"><p>page</p>', 'no-cache'])
    // people are told by the page that there is nothing at an address, and programs by the error
    const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
    const nothing = await get('/nothing/here', browser)
    assert.deepEqual([nothing.statusCode, nothing.body], [404, html.body])
    assert.match(String(nothing.headers['content-type']), /^text\/html/)
    for (const [url, headers] of [
      ['/nothing/here', {}],
      ['/nothing/here', { accept: '*/*' }],
      ['/v1/nothing', { ...browser, ...api.anna.headers }],
    ] as const)
      assert.equal((await get(url, headers)).json().error.code, 'not_found', url)
    const posted = await api.app.inject({ method: 'POST', url: '/nothing/here', headers: browser })
    assert.equal(posted.json().error.code, 'not_found')
  })
})
