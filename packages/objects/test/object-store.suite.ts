import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventually } from '@atelier/testing'
import { InvalidObjectKeyError, ObjectNotFoundError, type ObjectInfo, type ObjectStore } from '../src/index.js'

const png = { contentType: 'image/png' }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function all(list: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = []
  for await (const info of list) found.push(info)
  return found
}

/**
 * What every object store does.
 *
 * @param open - a store with nothing in it, the way to fetch its URLs, and what takes it down
 */
export function objectStoreSuite(
  name: string,
  open: () => Promise<{ store: ObjectStore; fetch: (url: string) => Promise<Response>; stop: () => Promise<void> }>,
): void {
  describe(`object store: ${name}`, () => {
    let store: ObjectStore
    let fetchUrl: (url: string) => Promise<Response>
    let stop: () => Promise<void>
    beforeAll(async () => {
      ;({ store, fetch: fetchUrl, stop } = await open())
    })
    afterAll(async () => {
      await store.close()
      await stop()
    })

    it('gives back what was put, and its metadata', async () => {
      const body = randomBytes(300_000)
      const start = Date.now()
      await store.put('images/a.png', body, png)
      assert.deepEqual(Buffer.from(await store.get('images/a.png')), body)
      const info = await store.head('images/a.png')
      assert.equal(info?.key, 'images/a.png')
      assert.equal(info.bytes, body.length)
      assert.ok(Math.abs(info.modifiedAt.getTime() - start) < 10_000)
    })

    it('keeps an empty object', async () => {
      await store.put('empty.png', new Uint8Array(0), png)
      assert.equal((await store.get('empty.png')).length, 0)
    })

    it('replaces an object whole: readers see the old one or the new one', async () => {
      const versions = ['a', 'b'].map((letter) => Buffer.alloc(200_000, letter))
      await store.put('replaced.png', versions[0]!, png)
      for (let i = 1; i <= 20; i++) {
        const write = store.put('replaced.png', versions[i % 2]!, png)
        for (const read of await Promise.all([store.get('replaced.png'), store.get('replaced.png')])) {
          assert.ok(versions.some((version) => version.equals(read)))
        }
        await write
      }
      assert.deepEqual(Buffer.from(await store.get('replaced.png')), versions[0])
    })

    it('says by type that there is no object', async () => {
      await assert.rejects(
        store.get('images/none.png'),
        (error) => error instanceof ObjectNotFoundError && error.key === 'images/none.png',
      )
      assert.equal(await store.head('images/none.png'), null)
    })

    it('takes the folder of objects for no object', async () => {
      await store.put('folder/a.png', bytes('x'), png)
      assert.equal(await store.head('folder'), null)
      await assert.rejects(store.get('folder'), ObjectNotFoundError)
      await store.delete('folder')
      assert.equal((await store.get('folder/a.png')).length, 1)
    })

    it('deletes, also what is not there', async () => {
      await store.put('gone.png', bytes('x'), png)
      await store.delete('gone.png')
      await store.delete('gone.png')
      assert.equal(await store.head('gone.png'), null)
    })

    it('lists by prefix in order of key', async () => {
      const keys = ['list/a.png', 'list/a/1.png', 'list/a-b.png', 'list/b/c/2.png', 'list/Z.png', 'listed.png']
      for (const key of keys) await store.put(key, bytes(key), png)
      assert.deepEqual(
        (await all(store.list('list/'))).map((info) => info.key),
        keys.slice(0, 5).sort(),
      )
      assert.deepEqual(
        (await all(store.list('list/a'))).map((info) => info.key),
        ['list/a-b.png', 'list/a.png', 'list/a/1.png'],
      )
      assert.deepEqual(
        (await all(store.list('list/a/1.png'))).map((info) => info.bytes),
        [12],
      )
      assert.deepEqual(await all(store.list('nothing/')), [])
    })

    it('refuses keys that leave their place or hide', async () => {
      for (const key of [
        '',
        '/a',
        '../a',
        'a/../../b',
        'a//b',
        'a/',
        '.hidden',
        'a/.b',
        'a\\b',
        'a\0b',
        'a b',
        'ü.png',
        `a/${'b'.repeat(600)}`,
      ]) {
        await assert.rejects(store.put(key, bytes('x'), png), InvalidObjectKeyError, key)
        await assert.rejects(store.get(key), InvalidObjectKeyError, key)
        await assert.rejects(store.head(key), InvalidObjectKeyError, key)
        await assert.rejects(store.delete(key), InvalidObjectKeyError, key)
        await assert.rejects(store.url(key), InvalidObjectKeyError, key)
      }
    })

    it('gives URLs that anybody may read, that hold for one key and end', async () => {
      await store.put('url/a.png', bytes('picture'), png)
      await store.put('url/b.png', bytes('secret'), png)
      const url = await store.url('url/a.png', { expiresInSeconds: 60 })
      const answer = await fetchUrl(url)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'image/png')
      assert.equal(await answer.text(), 'picture')
      assert.equal((await fetchUrl(url.replace('a.png', 'b.png'))).status, 403)
      assert.equal((await fetchUrl(url.slice(0, url.indexOf('?')))).status, 403)
      const short = await store.url('url/a.png', { expiresInSeconds: 1 })
      await eventually('the URL of one second has ended', async () => (await fetchUrl(short)).status === 403, 5_000)
    })

    it('says where its URLs lead', async () => {
      const origin = await store.publicOrigin()
      assert.equal(store.signedPaths === null, origin !== null)
      assert.ok((await store.url('a.png')).startsWith(`${origin ?? ''}/`))
    })

    it('answers a check', () => store.check())
  })
}
