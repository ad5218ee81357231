import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { Readable } from 'node:stream'
import { describe, it } from '@jest/globals'
import { promisify } from 'node:util'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { openObjectStore, S3Store } from '../src/index.js'
import { newTestBucket, startS3Server, startStopwatch, type S3ServerOptions } from '@atelier/testing'
import { objectStoreSuite } from './object-store.suite.js'

const png = { contentType: 'image/png' }

async function open(options?: S3ServerOptions) {
  const server = await startS3Server(options)
  const settings = {
    kind: 's3' as const,
    bucket: 'pictures',
    region: 'eu-test-1',
    endpoint: server.endpoint,
    credentials: server.credentials,
  }
  server.createBucket(settings.bucket)
  return { server, settings, store: await openObjectStore(settings) }
}

objectStoreSuite('S3', async () => ({
  store: await openObjectStore({ kind: 's3', region: 'eu-test-1', ...newTestBucket() }),
  fetch,
  stop: async () => {},
}))

describe('S3 store', () => {
  it('lists over several pages', async () => {
    const { store, server } = await open({ pageSize: 3 })
    const keys = Array.from({ length: 8 }, (_, i) => `page/${i}.png`)
    for (const key of keys) await store.put(key, new Uint8Array(1), png)
    const found: string[] = []
    for await (const { key } of store.list('page/')) found.push(key)
    assert.deepEqual(found, keys)
    await store.close()
    await server.stop()
  })

  it('signs links for the address that readers reach it by', async () => {
    const { server, settings } = await open()
    const { port } = new URL(server.endpoint)
    const publicEndpoint = `http://localhost:${port}`
    const store = new S3Store({ ...settings, publicEndpoint })
    await store.put('a.png', Buffer.from('seen'), png)
    const url = await store.url('a.png')
    assert.equal(new URL(url).origin, publicEndpoint)
    assert.equal(await store.publicOrigin(), publicEndpoint)
    assert.equal(await (await fetch(url)).text(), 'seen')
    await store.close()
    await server.stop()
  })

  it('tries again when the service is busy', async () => {
    let busy = 0
    const { store, server } = await open({ intercept: () => (busy-- > 0 ? 503 : undefined) })
    busy = 1
    await store.put('a.png', Buffer.from('once'), png)
    busy = 1
    assert.equal(Buffer.from(await store.get('a.png')).toString(), 'once')
    await store.close()
    await server.stop()
  })

  it('fails its check without the bucket, with a wrong key and without a server', async () => {
    const { store, server, settings } = await open()
    const others = [
      new S3Store({ ...settings, bucket: 'missing' }),
      new S3Store({ ...settings, credentials: { ...settings.credentials, secretAccessKey: 'wrong' } }),
    ]
    for (const other of others) {
      await assert.rejects(other.check())
      await other.close()
    }
    await server.stop()
    const watch = startStopwatch()
    await assert.rejects(store.check())
    assert.ok(watch.stop() < 3_000)
    await store.close()
  })

  it('prints no notice of the SDK about the version of Node', async () => {
    const program = `import { S3Store } from ${JSON.stringify(import.meta.resolve('../src/index.js'))}
      process.emitWarning('heard'); new S3Store({ bucket: 'a', region: 'b' }); process.emitWarning('still heard')`
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
    assert.match(stderr, /Warning: heard[^]*Warning: still heard/)
    assert.doesNotMatch(stderr, /AWS SDK/)
  })
})

describe('the S3 server of the tests', () => {
  it('reads chunked bodies with trailers, as the SDK sends streams', async () => {
    const { store, server, settings } = await open()
    const client = new S3Client({ ...settings, forcePathStyle: true })
    const body = Buffer.alloc(100_000, 'chunk')
    await client.send(
      new PutObjectCommand({
        Bucket: settings.bucket,
        Key: 'a.png',
        Body: Readable.from([body]),
        ContentLength: body.length,
      }),
    )
    assert.deepEqual(Buffer.from(await store.get('a.png')), body)
    client.destroy()
    await store.close()
    await server.stop()
  })

  it('answers ranges', async () => {
    const { store, server } = await open()
    await store.put('a.png', Buffer.from('0123456789'), png)
    const url = await store.url('a.png')
    const read = async (range: string) => {
      const answer = await fetch(url, { headers: { range } })
      return [answer.status, answer.status === 206 ? await answer.text() : '']
    }
    assert.deepEqual(await read('bytes=2-4'), [206, '234'])
    assert.deepEqual(await read('bytes=-3'), [206, '789'])
    assert.deepEqual(await read('bytes=8-'), [206, '89'])
    assert.deepEqual(await read('bytes=10-'), [416, ''])
    await store.close()
    await server.stop()
  })
})
