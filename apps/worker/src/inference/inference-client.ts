import type { GenerateRequest, GenerateResult } from '@atelier/ace'
import type { Manifest } from '@atelier/contracts'
import { InferenceError } from './inference-error.js'
import { InferenceLostError } from './inference-lost-error.js'
import { InferenceChild, type ErrorLine } from './inference-child.js'
import { silenceBound } from './silence-bound.js'
import type { StepDone } from './messages.js'

/** Settings of an {@link InferenceClient}. */
export interface InferenceOptions {
  device: 'auto' | 'cpu' | 'cuda'
  /** Threads of one graph; 0 = all cores. */
  threads: number
  onErrorLine: ErrorLine
  /** Time between two previews, default 300 ms. */
  previewEveryMs?: number
  /** See {@link silenceBound}; default one minute. */
  silenceFloorMs?: number
  /** How long a cancelled call may go on before its process is killed; default two of its steps, at least 2 s. */
  cancelGraceMs?: number
}

/** The model as the worker sees it: always some inference process, a fresh one after each that was lost. */
export class InferenceClient {
  #child: InferenceChild | undefined
  readonly #loaded = new Set<string>()
  #device: 'cpu' | 'cuda' | undefined
  #closed = false

  constructor(readonly options: InferenceOptions) {}

  /** Where the model runs: what was asked for until a model is loaded, then what `auto` came to. */
  get device(): 'auto' | 'cpu' | 'cuda' {
    return this.#device ?? this.options.device
  }

  /** Process id of the inference process that lives now, if one does. */
  get pid(): number | undefined {
    return this.#child?.alive ? this.#child.pid : undefined
  }

  /** Checks all files of a model folder. @throws InferenceError naming the file that is damaged */
  inspect(folder: string): Promise<Manifest> {
    return this.#living().ask('inspect', { folder }).answer
  }

  /** True when the present process has the folder's graphs open. */
  isLoaded(folder: string): boolean {
    return this.#child?.alive === true && this.#loaded.has(folder)
  }

  /** Makes sure that a folder's graphs are open in the present process. @throws InferenceError, InferenceLostError */
  async load(folder: string): Promise<void> {
    const child = this.#living()
    if (this.#loaded.has(folder)) return
    const { device, threads } = this.options
    this.#device = (await child.ask('load', { folder, device, threads }).answer).device
    this.#loaded.add(folder)
  }

  /**
   * Makes one picture with a loaded folder.
   *
   * @param signal - aborting asks the process to stop before its next step, and kills it if it does not; the promise
   *   rejects with the signal's reason when the model is free again or dead
   * @throws InferenceError, InferenceLostError (also after {@link silenceBound} without a step)
   */
  async generate(
    folder: string, request: GenerateRequest, { signal, onStep }: { signal: AbortSignal; onStep(step: StepDone): void },
  ): Promise<GenerateResult> {
    signal.throwIfAborted()
    const child = this.#living()
    let heard = performance.now()
    let longest: number | undefined
    const { previewEveryMs = 300 } = this.options
    const { call, answer } = child.ask('generate', { folder, request, previewEveryMs }, (step) => {
      const now = performance.now()
      // The first step's time has the encoding in it: a bound from it errs on the patient side.
      longest = Math.max(longest ?? 0, now - heard)
      heard = now
      if (!signal.aborted) onStep(step)
      watch()
    })
    let timer: NodeJS.Timeout | undefined
    let hung = false
    const killAfter = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => { hung = !signal.aborted; void child.kill() }, ms)
    }
    const watch = () => { if (!signal.aborted) killAfter(silenceBound(longest, this.options.silenceFloorMs)) }
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
      if (error instanceof InferenceError && error.code === 'model_out_of_memory') await child.kill()
      throw hung ? new InferenceLostError('The model made no step for too long and was ended.') : error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Ends the inference process; nothing can be asked any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#child?.kill()
  }

  #living(): InferenceChild {
    if (this.#closed) throw new InferenceLostError('The worker is closing.')
    if (!this.#child?.alive) {
      this.#loaded.clear()
      this.#child = new InferenceChild(this.options.onErrorLine)
    }
    return this.#child
  }
}
