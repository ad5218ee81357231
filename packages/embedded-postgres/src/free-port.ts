import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Where ports are looked for: below those that systems give to outgoing connections, any of which could take a port between
 * now and its use.
 */
const [lowest, highest] = [16_384, 32_767]
const tries = 100

/** A TCP port of 127.0.0.1 that is free now. @throws when none is found */
export async function freePort(): Promise<number> {
  for (let n = 0; n < tries; n++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    const server = createServer().listen(port, '127.0.0.1')
    const listens = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!listens) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error(`None of ${tries} ports from ${lowest} to ${highest} is free.`)
}
