import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../repository.js'

const script = `
import Fastify from 'fastify'
const app = Fastify()
const answers = JSON.parse(process.argv[1])
for (const [path, answer] of Object.entries(answers)) app.get(path, async () => answer)
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))`

/**
 * Starts a Fastify without plugins, schemas or hooks in a process of its own.
 *
 * @param answers - by path, sent as JSON
 */
export async function startBareFastify(answers: Record<string, unknown>): Promise<{ url: string; close(): void }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, JSON.stringify(answers)], {
    // where Fastify is found
    cwd: join(root, 'apps/api'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()))
    child.once('exit', (code) => reject(new Error(`bare Fastify ended with ${code}`)))
  })
  return { url, close: () => void child.kill() }
}
