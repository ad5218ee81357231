import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from '@jest/globals'
import { contentTypeOf, FolderStore, openObjectStore } from '../src/index.js'
import { objectStoreSuite } from './object-store.suite.js'

const signingSecret = 'a secret of at least thirty-two characters'
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'atelier objects '))

objectStoreSuite('folder', async () => {
  const directory = newFolder()
  const store = await FolderStore.open({ directory, signingSecret })
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost')
    const key = url.pathname.replace('/objects/', '')
    if (!store.signedPaths.verify(key, Object.fromEntries(url.searchParams))) return response.writeHead(403).end()
    return store.get(key).then((body) => response.writeHead(200, { 'content-type': contentTypeOf(key) }).end(body))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    store,
    fetch: (url) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${url}`),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      rmSync(directory, { recursive: true })
    },
  }
})

describe('folder store', () => {
  it('leaves no drafts behind and keeps them out of lists', async () => {
    const directory = newFolder()
    const store = await openObjectStore({ kind: 'folder', directory, signingSecret })
    await store.put('a.png', new Uint8Array(3), { contentType: 'image/png' })
    await store.check()
    assert.deepEqual(readdirSync(join(directory, '.tmp')), [])
    writeFileSync(join(directory, '.tmp', 'draft'), 'left by a killed process')
    const keys: string[] = []
    for await (const { key } of store.list('')) keys.push(key)
    assert.deepEqual(keys, ['a.png'])
    rmSync(directory, { recursive: true })
  })

  it('reads what another process of the same secret signed, and nothing signed with another', async () => {
    const directory = newFolder()
    const store = await FolderStore.open({ directory, signingSecret })
    const [path, query] = (await store.url('a.png')).split('?')
    const signature = Object.fromEntries(new URLSearchParams(query))
    assert.equal(path, '/objects/a.png')
    assert.equal((await FolderStore.open({ directory, signingSecret })).signedPaths.verify('a.png', signature), true)
    assert.equal(
      (await FolderStore.open({ directory, signingSecret: `${signingSecret}!` })).signedPaths.verify(
        'a.png',
        signature,
      ),
      false,
    )
    assert.equal(store.signedPaths.verify('a.png', { ...signature, expires: '99999999999' }), false)
    assert.equal(store.signedPaths.verify('a.png', { ...signature, expires: 'Infinity' }), false)
    assert.equal(store.signedPaths.verify('a.png', {}), false)
    rmSync(directory, { recursive: true })
  })

  it('refuses a secret that could be guessed', async () => {
    const directory = newFolder()
    for (const short of ['', 's'.repeat(31)])
      await assert.rejects(FolderStore.open({ directory, signingSecret: short }), { message: /at least 32 characters/ })
    rmSync(directory, { recursive: true })
  })

  it('fails its check when the folder is gone', async () => {
    const directory = newFolder()
    const store = await FolderStore.open({ directory, signingSecret })
    rmSync(directory, { recursive: true })
    await assert.rejects(store.check())
    assert.equal(existsSync(directory), false)
  })

  it('serves nothing as a page', () => {
    assert.equal(contentTypeOf('a.html'), 'application/octet-stream')
    assert.equal(contentTypeOf('images/a.thumb.webp'), 'image/webp')
    assert.equal(contentTypeOf('a.JPG'), 'image/jpeg')
  })
})
