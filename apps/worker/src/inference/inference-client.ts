import type { GenerateRequest, GenerateResult } from '@atelier/ace'
import { residentPartSchema, type Manifest, type ResidentPart } from '@atelier/contracts'
import { StopError } from '@atelier/queue'
import { InferenceChild, InferenceError, type ErrorLine } from './inference-child.js'
import type { InferenceCalls, Opening, StepDone } from './messages.js'

/** Settings of an {@link InferenceClient}. */
export interface InferenceOptions {
  device: 'auto' | 'cpu' | 'cuda'
  /** Threads of one graph; 0 = all cores. */
  threads: number
  /** Parts of a model that stay in memory, default all. */
  resident?: readonly ResidentPart[]
  onErrorLine: ErrorLine
  /** Time between two previews, default 300 ms. */
  previewEveryMs?: number
  /** See {@link silenceBound}; default one minute. */
  silenceFloorMs?: number
  /** How long a cancelled call may go on before its process is killed; default two of its steps, at least 2 s. */
  cancelGraceMs?: number
}

/**
 * How long the model may be silent before it counts as hung, in milliseconds: ten times its longest step so far, at
 * least `floorMs`; five times that floor while no step has been seen, because encoding comes before the first one.
 *
 * @param longestStepMs - undefined before the first step
 * @param floorMs - default one minute
 */
export function silenceBound(longestStepMs: number | undefined, floorMs = 60_000): number {
  return longestStepMs === undefined ? 5 * floorMs : Math.max(floorMs, 10 * longestStepMs)
}

/** The model as the worker sees it: always some inference process, a fresh one after each that ended. */
export class InferenceClient {
  private child: InferenceChild | undefined
  private readonly loaded = new Set<string>()
  private chosen: InferenceCalls['load']['answer'] | undefined
  private closed = false

  constructor(readonly options: InferenceOptions) {}

  /** Where the model runs: what was asked for until a model is loaded, then what `auto` came to. */
  get device(): 'auto' | 'cpu' | 'cuda' {
    return this.chosen?.device ?? this.options.device
  }

  /** Why `auto` runs on the CPU, as a sentence; null when it does not. */
  get deviceFallback(): string | null {
    return this.chosen?.fallback ?? null
  }

  /** Process id of the inference process that lives now, if one does. */
  get pid(): number | undefined {
    return this.child?.alive ? this.child.pid : undefined
  }

  /** Checks all files of a model folder. @throws InferenceError naming the file that is damaged */
  inspect(folder: string): Promise<Manifest> {
    return this.living().ask('inspect', { folder }).answer
  }

  /**
   * Makes sure that a folder's graphs are open in the present process.
   *
   * @param onOpening - told of each graph, before and after it is opened
   * @throws InferenceError, StopError `inference-exited`
   */
  async load(folder: string, onOpening: (opening: Opening) => void = () => {}): Promise<void> {
    const child = this.living()
    if (this.loaded.has(folder)) return
    const { device, threads, resident = residentPartSchema.options } = this.options
    try {
      this.chosen = await child.ask('load', { folder, device, threads, resident }, { onOpening }).answer
    } catch (error) {
      if (mayBeTheProcess(error)) await child.kill()
      throw error
    }
    this.loaded.add(folder)
  }

  /**
   * Makes one picture with a loaded folder.
   *
   * @param signal - aborting asks the process to stop before its next step, and kills it if it does not; the promise
   *   rejects with the signal's reason when the model is free again or dead
   * @throws InferenceError, StopError `inference-exited` (also after {@link silenceBound} without a step)
   */
  async generate(
    folder: string,
    request: GenerateRequest,
    { signal, onStep }: { signal: AbortSignal; onStep(step: StepDone): void },
  ): Promise<GenerateResult> {
    signal.throwIfAborted()
    const child = this.living()
    let heard = performance.now()
    let longest: number | undefined
    const { previewEveryMs = 300 } = this.options
    const { call, answer } = child.ask(
      'generate',
      { folder, request, previewEveryMs },
      {
        onStep: (step) => {
          const now = performance.now()
          // The first step's time has the encoding in it: a bound from it errs on the patient side.
          longest = Math.max(longest ?? 0, now - heard)
          heard = now
          if (!signal.aborted) onStep(step)
          watch()
        },
      },
    )
    let timer: NodeJS.Timeout | undefined
    let hung = false
    const killAfter = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        hung = !signal.aborted
        void child.kill()
      }, ms)
    }
    const watch = () => {
      if (!signal.aborted) killAfter(silenceBound(longest, this.options.silenceFloorMs))
    }
    const cancel = () => {
      child.cancel(call)
      killAfter(this.options.cancelGraceMs ?? Math.max(2000, 2 * (longest ?? 0)))
    }
    signal.addEventListener('abort', cancel, { once: true })
    watch()
    try {
      const result = await answer
      signal.throwIfAborted()
      return result
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (mayBeTheProcess(error)) await child.kill()
      throw hung ? new StopError('inference-exited', 'The model made no step for too long and was ended.') : error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Ends the inference process; the next call gets a fresh one. */
  async renew(): Promise<void> {
    await this.child?.kill()
  }

  /** Ends the inference process; nothing can be asked any more. */
  async close(): Promise<void> {
    this.closed = true
    await this.child?.kill()
  }

  private living(): InferenceChild {
    if (this.closed) throw new StopError('shutting-down')
    if (!this.child?.alive) {
      this.loaded.clear()
      this.child = new InferenceChild(this.options.onErrorLine)
    }
    return this.child
  }
}

/** A failure that may come from the process, its device or its memory: the next call gets a fresh one. */
const mayBeTheProcess = (error: unknown) => error instanceof InferenceError && error.mayBeTheWorkers
