import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Atelier } from '@atelier/client'
import { childEnvironment } from '@atelier/service'
import { root } from './repository.js'

/** The embedded stack in a process of its own, asked as any user would ask it. */
export interface Stack {
  url: string
  /** The first admin key. */
  token: string
  client: Atelier
  /** Process id; the model's process is a child of it. */
  pid: number
  close(): Promise<void>
}

// What `npm start` runs once everything is installed and built.
const script = "import { main } from '@atelier/standalone'\nawait main([])"

const own = { NODE_OPTIONS: '', HOST: '127.0.0.1', PORT: '0', RATE_LIMIT_PER_MINUTE: '0' }

/**
 * Starts the embedded stack on a free port.
 *
 * @param data - folder of its data
 * @param env - other settings, as in `docs/configuration.md`
 * @throws Error with its output when it ends before it is ready
 */
export async function startStack(data: string, env: Record<string, string> = {}): Promise<Stack> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    env: childEnvironment({ ...own, ...env, ATELIER_DATA: data }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const [, page] = /^ *Page +(http\S+)$/m.exec(output) ?? []
      if (page) resolve(new URL(page).origin)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then((code) => reject(new Error(`the embedded stack ended with ${code}: ${output.trim()}`)))
  })
  const token = readFileSync(join(data, 'key'), 'utf8').trim()
  return {
    url,
    token,
    client: new Atelier({ url, token }),
    pid: child.pid!,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
