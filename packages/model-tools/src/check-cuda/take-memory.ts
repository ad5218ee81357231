import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Device } from '@atelier/ace'

// This runs from dist; Python's files are not compiled.
const script = fileURLToPath(new URL('../../../src/check-cuda/hold-gpu-memory.py', import.meta.url))

/**
 * Leaves a worker's model process next to no more memory: on a GPU another process takes what is free, on a CPU the
 * process may grow by 512 MB, which Node needs to go on.
 *
 * @param worker - process id of the worker
 * @returns a function that gives the memory back
 * @throws Error when it cannot be taken
 */
export async function takeMemory(device: Device, worker: number): Promise<() => Promise<void>> {
  if (device === 'cpu') {
    const pid = modelProcess(worker)
    const kilobytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
    execFileSync('prlimit', ['--pid', pid, `--as=${(kilobytes + 512 * 1024) * 1024}:`])
    // The process is replaced by a fresh one, which has no limit.
    return async () => {}
  }
  const holder = spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(holder, 'close')
  const [first] = (await Promise.race([once(holder.stdout, 'data'), ended])) as unknown[]
  if (!String(first).includes('taken'))
    throw new Error(`the memory of the GPU could not be taken: hold-gpu-memory.py ended with ${String(first)}`)
  return async () => {
    holder.stdin.end()
    await ended
  }
}

/** The child of a worker that holds the model. */
function modelProcess(worker: number): string {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      return '' // It has ended meanwhile.
    }
  }
  const isModel = (pid: string): boolean =>
    read(pid, 'status').includes(`\nPPid:\t${worker}\n`) && read(pid, 'cmdline').includes('inference')
  const found = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isModel(name))
  if (!found) throw new Error(`process ${worker} has no child that holds a model`)
  return found
}
