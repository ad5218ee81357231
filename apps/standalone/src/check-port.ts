import { createServer } from 'node:net'
import { StartError } from './start-error.js'

/**
 * Finds out early whether the address can be listened on.
 *
 * @throws StartError naming the port and another way
 */
export function checkPort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} on ${host} is taken. Stop what uses it, or choose another: PORT=${port < 65535 ? port + 1 : 8080} npm start`,
        EACCES: `This user may not listen on port ${port}. Choose one above 1023: PORT=8080 npm start`,
        EADDRNOTAVAIL: `This machine has no address ${host}. Correct HOST.`,
        ENOTFOUND: `This machine does not know the name ${host}. Correct HOST.`,
      }
      reject(new StartError(reasons[error.code ?? ''] ?? error.message))
    })
    server.listen(port, host, () => server.close(() => resolve()))
  })
}
