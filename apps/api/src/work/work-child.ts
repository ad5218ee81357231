import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AtelierError, errorTable, type ErrorCode } from '@atelier/contracts'
import { tooCostlyExit, type TaskAnswer, type TaskMessage } from './messages.js'

/** An error of the table that came from a work process; its message has the table's `next` already. */
function known(code: ErrorCode, message: string, details: unknown): AtelierError {
  const { next } = errorTable[code]
  return new AtelierError(code, message.endsWith(next) ? message.slice(0, -next.length).trim() : message, details)
}

/** A work process, seen from the pool. It does one task at a time. */
export class WorkChild {
  private readonly process: ChildProcess
  private settle: ((answer: TaskAnswer | { ended: string; tooCostly: boolean }) => void) | undefined
  private over = false
  /** Settles when the process has ended. */
  readonly ended: Promise<void>

  constructor() {
    this.process = fork(fileURLToPath(new URL('work-process.js', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: ['--max-old-space-size=512'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.process.on('message', (answer) => this.settle?.(answer as TaskAnswer))
    this.ended = new Promise((resolve) => {
      const end = (how: string, tooCostly = false) => {
        this.over = true
        this.settle?.({ ended: how, tooCostly })
        resolve()
      }
      this.process.once('exit', (code, signal) => end(signal ?? `exit code ${code}`, code === tooCostlyExit))
      this.process.once('error', (error) => end(error.message))
    })
  }

  /** False once the process has ended. */
  get alive(): boolean {
    return !this.over
  }

  /** Process id, undefined when it could not be started. */
  get pid(): number | undefined {
    return this.process.pid
  }

  /**
   * Does a task.
   *
   * @param wallMs - longest time in milliseconds; the process watches its processor time and memory itself
   * @param tooCostly - code of the error when it takes too much of them; the process has ended then
   * @throws AtelierError of the task, `tooCostly`, or `internal` when the process ended otherwise
   */
  async run(message: TaskMessage, wallMs: number, tooCostly: ErrorCode): Promise<unknown> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.process.kill('SIGKILL')
    }, wallMs)
    const answer = await new Promise<Parameters<NonNullable<typeof this.settle>>[0]>((resolve) => {
      this.settle = resolve
      if (this.over) resolve({ ended: 'before its task', tooCostly: false })
      // a channel that breaks is told by the end of the process
      else this.process.send(message, () => {})
    })
    clearTimeout(timer)
    this.settle = undefined
    if ('ended' in answer) {
      if (late || answer.tooCostly) throw new AtelierError(tooCostly)
      const cause = new Error(`The work process ended (${answer.ended}).`)
      throw new AtelierError('internal', undefined, undefined, { cause })
    }
    if (!answer.failure) return answer.value
    const { code, message: text, details } = answer.failure
    if (code === null) throw new AtelierError('internal', undefined, undefined, { cause: new Error(text) })
    throw known(code, text, details)
  }

  /** Ends the process at once, whatever it does. */
  kill(): Promise<void> {
    this.process.kill('SIGKILL')
    return this.ended
  }
}
