import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { childEnvironment } from '@atelier/service'
import { root } from '../root.js'
import { endWithSuite } from './end-with-suite.js'

/** Pause before a process that ended is started again, in milliseconds, as a supervisor would wait. */
const restartMs = 500

/** How a {@link ManagedProcess} is started. */
export interface ProcessOptions {
  /** Such as `worker-2`. */
  name: string
  /** Path of the program in the repository. */
  script: string
  env: Record<string, string>
  /** File that gets what it prints. */
  logFile: string
}

/** A process of the product under a supervisor: one that ends is started again until {@link stop}. */
export class ManagedProcess {
  private child: ChildProcess | undefined
  private wanted = false
  private timer: NodeJS.Timeout | undefined
  /** How often it has been started. */
  starts = 0
  /** Environment for the next start alone, such as a failpoint. */
  nextEnv: Record<string, string> = {}

  constructor(private readonly options: ProcessOptions) {
    endWithSuite(() => this.child?.kill('SIGKILL'))
  }

  get name(): string {
    return this.options.name
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.child?.pid
  }

  start(): void {
    this.wanted = true
    this.launch()
  }

  /** Sends a signal. @returns the process id that got it, undefined when it does not run */
  signal(name: NodeJS.Signals): number | undefined {
    const { pid } = this
    if (pid !== undefined) process.kill(pid, name)
    return pid
  }

  /** Process id of its first child, such as the model's of a worker; undefined when it has none. Linux only. */
  childPid(): number | undefined {
    if (this.pid === undefined) return undefined
    try {
      const [first] = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim().split(' ')
      return first ? Number(first) : undefined
    } catch {
      return undefined
    }
  }

  /** Sends a signal to its first child. @returns the process id that got it, undefined when there is none any more */
  signalChild(name: NodeJS.Signals, pid: number | undefined = this.childPid()): number | undefined {
    try {
      if (pid !== undefined) process.kill(pid, name)
      return pid
    } catch {
      return undefined
    }
  }

  /** Whether it has printed a line, since its first start. */
  hasPrinted(line: string): boolean {
    return readFileSync(this.options.logFile, 'utf8').split('\n').includes(line)
  }

  /** Settles when the process that runs now has ended. */
  async ended(): Promise<void> {
    if (this.child) await once(this.child, 'exit')
  }

  /** Ends it for good: SIGTERM, and SIGKILL when that takes longer. @returns milliseconds that it took */
  async stop(withinMs = 25_000): Promise<number> {
    this.wanted = false
    clearTimeout(this.timer)
    const { child } = this
    if (!child) return 0
    const began = performance.now()
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await once(child, 'exit')
    clearTimeout(timer)
    return performance.now() - began
  }

  private launch(): void {
    const { script, env, logFile } = this.options
    const log = openSync(logFile, 'a')
    const child = spawn(process.execPath, [script], {
      cwd: root,
      env: childEnvironment({ NODE_OPTIONS: '', ...env, ...this.nextEnv }),
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.nextEnv = {}
    this.starts += 1
    this.child = child
    child.on('exit', () => {
      if (this.child !== child) return
      this.child = undefined
      if (this.wanted) this.timer = setTimeout(() => this.wanted && this.launch(), restartMs)
    })
  }
}
