import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('hold-gpu-memory.py', import.meta.url))

/**
 * Leaves a process that uses a device next to no more memory: on a GPU another process takes what is free, on a CPU the
 * process may grow by 512 MB, which Node needs to go on.
 *
 * @param {'cuda' | 'cpu'} device
 * @param {number} pid - the process
 * @returns a function that gives the memory back
 * @throws Error when it cannot be taken
 */
export async function takeMemory(device, pid) {
  if (device === 'cpu') {
    const kilobytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
    execFileSync('prlimit', ['--pid', String(pid), `--as=${(kilobytes + 512 * 1024) * 1024}:`])
    // The process is replaced by a fresh one, which has no limit.
    return async () => {}
  }
  const holder = spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(holder, 'close')
  const [first] = await Promise.race([once(holder.stdout, 'data'), ended])
  if (!String(first).includes('taken'))
    throw new Error(`the memory of the GPU could not be taken: hold-gpu-memory.py ended with ${first}`)
  return async () => {
    holder.stdin.end()
    await ended
  }
}
