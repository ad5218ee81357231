import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, connect, type AddressInfo } from 'node:net'
import { test } from '@jest/globals'
import { TimeoutError, withTimeout } from '../src/index.js'

test('a promise that settles in time is what it is, and one that does not is a TimeoutError', async () => {
  assert.equal(await withTimeout(60_000, Promise.resolve(1)), 1)
  await assert.rejects(withTimeout(60_000, Promise.reject(new RangeError('no'))), RangeError)
  await assert.rejects(withTimeout(20, new Promise(() => {})), TimeoutError)
})

test('an answer that came while the process was held up is in time', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).end('answer')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const answer = once(socket, 'close').then(() => 'answered')
  socket.resume()
  const waiting = withTimeout(500, answer)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
  try {
    assert.equal(await waiting, 'answered')
  } finally {
    server.close()
  }
})

test('a process that is held up again and again gives up all the same', async () => {
  const busy = setInterval(() => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100), 1)
  try {
    await assert.rejects(withTimeout(200, new Promise(() => {})), TimeoutError)
  } finally {
    clearInterval(busy)
  }
})

test('a long pause of the process does not make the wait as long again', async () => {
  const waiting = assert.rejects(withTimeout(100, new Promise(() => {})), TimeoutError)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
  const resumed = performance.now()
  await waiting
  assert.ok(performance.now() - resumed < 1500)
})
