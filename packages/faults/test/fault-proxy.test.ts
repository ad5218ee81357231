import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { Random } from '../src/random.js'
import { FaultProxy } from '../src/stack/fault-proxy.js'

const cleanUp = cleanUpAfterEach()

/** After so long without an answer there is none, in milliseconds. */
const silenceMs = 300

/** `once` would reject, because a reset is an error. */
const closed = (socket: Socket) =>
  new Promise((resolve) => {
    socket.once('close', resolve)
  })

describe('FaultProxy', () => {
  let proxy: FaultProxy
  /** Bytes that the server has got. */
  let got = 0

  beforeEach(async () => {
    got = 0
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (data) => {
        got += data.length
        socket.write(data)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    proxy = await FaultProxy.open((server.address() as AddressInfo).port, new Random(1))
    cleanUp(() => server.close())
    cleanUp(() => proxy.close())
  })

  async function open(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1')
    socket.on('error', () => {})
    cleanUp(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }

  /** What comes back for bytes that are sent: once all of it has, at the latest after a time. */
  async function echo(socket: Socket, bytes: string, withinMs = 30_000): Promise<string> {
    let back = ''
    socket.on('data', (data) => {
      back += String(data)
    })
    socket.write(bytes)
    for (const end = performance.now() + withinMs; back.length < bytes.length && performance.now() < end;)
      await delay(5)
    return back
  }

  it('passes everything on while it is whole', async () => {
    const text = 'x'.repeat(300_000)
    assert.equal(await echo(await open(), text), text)
  })

  it('cuts: connections end, new ones too, until it is mended', async () => {
    const socket = await open()
    const ended = closed(socket)
    proxy.set({ state: 'cut' })
    await ended
    const second = connect(proxy.port, '127.0.0.1').on('error', () => {})
    await closed(second)
    proxy.set({})
    assert.equal(await echo(await open(), 'hello'), 'hello')
  })

  it('is silent on old and new connections, and passes on what waited when it is mended', async () => {
    const socket = await open()
    assert.equal(await echo(socket, 'one'), 'one')
    proxy.set({ state: 'silent' })
    assert.equal(await echo(socket, 'two', silenceMs), '')
    const late = await open()
    assert.equal(await echo(late, 'three', silenceMs), '')
    const two = once(socket, 'data')
    proxy.set({})
    assert.equal(String((await two)[0]), 'two')
  })

  it('is late by as much as it should, each way', async () => {
    const socket = await open()
    proxy.set({ latencyMs: 100 })
    const began = performance.now()
    assert.equal(await echo(socket, 'hello'), 'hello')
    assert.ok(performance.now() - began >= 195, `${performance.now() - began} ms`)
  })

  it('is slow', async () => {
    const socket = await open()
    proxy.set({ bytesPerSecond: 100_000 })
    const began = performance.now()
    const text = 'x'.repeat(50_000)
    assert.equal(await echo(socket, text), text)
    assert.ok(performance.now() - began >= 500, `${performance.now() - began} ms`)
  })

  it('loses answers to what has arrived', async () => {
    const socket = await open()
    proxy.set({ loseAnswers: 1 })
    const ended = closed(socket)
    socket.write('hello')
    await ended
    assert.equal(got, 5)
  })

  it('resets the connections there are, and forgets them, while new ones work', async () => {
    const reset = await open()
    const ended = closed(reset)
    proxy.reset()
    await ended
    const old = await open()
    assert.equal(await echo(old, 'hello'), 'hello')
    proxy.forget()
    assert.equal(await echo(old, 'hello', silenceMs), '')
    assert.equal(await echo(await open(), 'hello'), 'hello')
  })
})
