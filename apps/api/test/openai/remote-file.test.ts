import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { fetchRemoteFile } from '../../src/openai/remote-file.js'
import { isPublicAddress, RemoteError } from '../../src/remote/public-address.js'

const cleanUp = cleanUpAfterEach()

describe('public addresses', () => {
  it('are those of the internet alone', () => {
    for (const address of [
      '8.8.8.8',
      '1.1.1.1',
      '172.15.0.1',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '2a00:1450::1',
    ])
      assert.equal(isPublicAddress(address), true, address)
    const others = [
      '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8',
      '192.168.1.1 198.18.0.1 203.0.113.5 224.0.0.1 255.255.255.255 localhost 8.8.8',
      ':: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 fec0::1',
      '64:ff9b::7f00:1 2001:db8::1 2001::1 2002:7f00:1::',
    ]
    for (const address of ['', ...others.flatMap((line) => line.split(' '))])
      assert.equal(isPublicAddress(address), false, address)
  })
})

const limits = { maxBytes: 1000, timeoutMs: 5000 }
/** As if this machine were a public one. */
const here = { ...limits, allows: (address: string) => address === '127.0.0.1' }

async function serve(answer: RequestListener): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(JSON.stringify(request.headers))
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`, requests }
}

describe('a remote file', () => {
  const refused = (address: string, message: RegExp, options: object = here) =>
    assert.rejects(fetchRemoteFile(address, { ...limits, ...options }), (error: unknown) => {
      assert.ok(error instanceof RemoteError, String(error))
      assert.match(error.message, message)
      return true
    })

  it('is fetched with nothing of ours', async () => {
    const { url, requests } = await serve((_, response) => response.end('bytes'))
    const { bytes, sha256 } = await fetchRemoteFile(url, here)
    assert.equal(bytes.toString(), 'bytes')
    assert.equal(sha256, createHash('sha256').update('bytes').digest('hex'))
    assert.doesNotMatch(requests[0]!, /authorization|cookie|atl_/i)
  })

  it('is not fetched from a server that is not public, by address or by name', async () => {
    const { url, requests } = await serve((_, response) => response.end('secret'))
    const { port } = new URL(url)
    for (const host of [
      '127.0.0.1',
      'localhost',
      '127.1',
      '0x7f000001',
      '2130706433',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0',
    ])
      await refused(`http://${host}:${port}/`, /not public/, {})
    assert.deepEqual(requests, [])
  })

  it('is checked at the connection, whatever the name was before', async () => {
    const { url, requests } = await serve((_, response) => response.end('secret'))
    let asked = 0
    // a name that leads elsewhere the second time
    await refused(url, /not public/, { allows: () => (asked += 1) === 1 })
    assert.deepEqual([asked, requests], [2, []])
  })

  it('is not looked for where an answer sends us', async () => {
    const { requests: others, url: other } = await serve((_, response) => response.end('secret'))
    const { url } = await serve((_, response) => response.writeHead(302, { location: other }).end())
    await refused(url, /redirect/)
    assert.deepEqual(others, [])
  })

  it('is bounded in bytes, said or not, and in time', async () => {
    const long = Buffer.alloc(1001)
    const { url } = await serve((_, response) => response.end(long))
    await refused(url, /more than 1000 bytes/)
    const { url: endless } = await serve((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(300)), 5)
      response.on('close', () => clearInterval(timer))
    })
    await refused(endless, /more than 1000 bytes/)
    const { url: silent } = await serve(() => {})
    await refused(silent, /within 0.2 seconds/, { ...here, timeoutMs: 200 })
    const { url: slow } = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    })
    await refused(slow, /within 0.2 seconds/, { ...here, timeoutMs: 200 })
  })

  it('that is not there is refused without the words of what was found', async () => {
    const { url } = await serve((_, response) => response.writeHead(500).end('secret'))
    await refused(url, /^answers with status 500$/)
    await refused('http://127.0.0.1:1/', /^could not be fetched$/)
    await refused('http://no-such-host.invalid/', /^names a host that is not known$/)
    for (const address of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'javascript:1', 'x', '//127.0.0.1'])
      await refused(address, /no `https:\/\/`/)
    await refused('http://user:word@127.0.0.1/', /name or a password/)
  })
})
