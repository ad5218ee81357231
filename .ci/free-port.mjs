// Prints a TCP port of 127.0.0.1 that is free now, one that no outgoing connection is given by itself before its use: below
// those that systems give to them, as packages/embedded-postgres/src/free-port.ts does for programs that are built.
import { createServer } from 'node:net'

const [lowest, highest] = [16_384, 32_767]

function tryOne() {
  const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
  const server = createServer()
  server.once('error', tryOne)
  server.listen(port, '127.0.0.1', () => server.close(() => console.log(port)))
}
tryOne()
