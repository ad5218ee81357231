import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { looksOutOfMemory } from '@atelier/ace'
import type { ErrorCode } from '@atelier/contracts'
import { StopError } from '@atelier/queue'
import type { CallName, FromInference, InferenceCalls, Opening, StepDone, ToInference } from './messages.js'

/** Codes of failures that say as much about the model, the device or the memory of this worker as about the request. */
const workerCodes = new Set<ErrorCode | null>(['model_failed', 'model_out_of_memory', 'model_invalid_output', null])

/** The inference process answered a call with a failure. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError'

  /**
   * @param code - how the generation fails; null when the fault lies elsewhere, for example in the model folder
   * @param options - `cause`: id of the process
   */
  constructor(
    readonly code: ErrorCode | null,
    message: string,
    options?: { cause: number | undefined },
  ) {
    super(message, options)
  }

  /** False when the request is at fault: no other worker could do better. */
  get mayBeTheWorkers(): boolean {
    return workerCodes.has(this.code)
  }
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
  onStep?(step: StepDone): void
}

/** Called with each line that the process writes to its standard error. */
export type ErrorLine = (line: string) => void

/** One life of the inference process, seen from the worker: questions and their answers until it ends. */
export class InferenceChild {
  private readonly process: ChildProcess
  private readonly pending = new Map<number, Pending>()
  private calls = 0
  private lastWords = ''
  private over = false
  /** Settles when the process has ended. */
  readonly ended: Promise<void>

  /**
   * @param onErrorLine - also the last words of a process that dies
   * @param onOpening - told of each graph, before and after it is opened: while a model loads, and later for a part that
   *   was released
   */
  constructor(
    onErrorLine: ErrorLine,
    private readonly onOpening: (opening: Opening) => void,
  ) {
    this.process = fork(fileURLToPath(new URL('process.js', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    // a process that is busy in native code would not notice that this one has ended
    const kill = () => this.process.kill('SIGKILL')
    process.once('exit', kill)
    this.process.once('close', () => process.off('exit', kill))
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-4000)
      for (const line of text.split('\n')) if (line.trim()) onErrorLine(line)
    })
    this.process.on('message', (message) => this.hear(message as FromInference))
    this.ended = new Promise((resolve) => {
      // 'close' comes after the last words were read; 'error' alone when the process could not be started.
      this.process.once('close', (code, signal) => {
        this.end(signal ?? `exit code ${code}`)
        resolve()
      })
      this.process.once('error', (error) => {
        this.end(error.message)
        resolve()
      })
    })
  }

  /** Process id, undefined when it could not be started. */
  get pid(): number | undefined {
    return this.process.pid
  }

  /** For the errors of all that it fails for, which are one failure. */
  get asCause(): { cause: number | undefined } {
    return { cause: this.pid }
  }

  /** False once the process has ended or was told to. */
  get alive(): boolean {
    return !this.over
  }

  /**
   * Asks for something.
   *
   * @param hooks - `onStep` is called for each step of a `generate`
   * @returns the call's number (for {@link cancel}) and the promise of its answer
   * @throws InferenceError when the process answers with a failure; StopError `inference-exited` when it ends before it
   *   answers
   */
  ask<N extends CallName>(type: N, question: InferenceCalls[N]['ask'], hooks: Pick<Pending, 'onStep'> = {}) {
    const call = ++this.calls
    const answer = new Promise<InferenceCalls[N]['answer']>((resolve, reject) => {
      if (this.over) return reject(new StopError('inference-exited', 'The inference process has ended.', this.asCause))
      this.pending.set(call, { resolve: resolve as Pending['resolve'], reject, ...hooks })
      this.send({ type, call, ...question } as ToInference)
    })
    return { call, answer }
  }

  /** Asks a running `generate` to stop before its next step. */
  cancel(call: number): void {
    if (this.pending.has(call)) this.send({ type: 'cancel', call })
  }

  /** Ends the process at once, whatever it does; nothing can be asked any more. */
  kill(): Promise<void> {
    this.over = true
    this.process.kill('SIGKILL')
    return this.ended
  }

  private send(message: ToInference): void {
    // A channel that breaks is reported by the end of the process, which rejects what waits.
    this.process.send(message, () => {})
  }

  private hear(message: FromInference): void {
    if (message.type === 'opening') return this.onOpening(message)
    const pending = this.pending.get(message.call)
    if (!pending) return
    if (message.type === 'step') return pending.onStep?.(message)
    this.pending.delete(message.call)
    if (message.type === 'answer') pending.resolve(message.value)
    else pending.reject(new InferenceError(message.code, message.message, this.asCause))
  }

  private end(how: string): void {
    this.over = true
    const error = looksOutOfMemory(this.lastWords)
      ? new InferenceError('model_out_of_memory', `The inference process ran out of memory (${how}).`, this.asCause)
      : new StopError('inference-exited', `The inference process ended (${how}).`, this.asCause)
    for (const pending of this.pending.values()) pending.reject(error)
    this.pending.clear()
  }
}
