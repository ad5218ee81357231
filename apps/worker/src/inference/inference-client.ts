import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { GenerateRequest, GenerateResult } from '@atelier/ace'
import { residentPartSchema, type Manifest, type ResidentPart } from '@atelier/contracts'
import { StopError } from '@atelier/queue'
import { orAborted, trail } from '@atelier/service'
import { InferenceChild, InferenceError, type ErrorLine } from './inference-child.js'
import type { InferenceCalls, Opening, StepDone } from './messages.js'
import { openingBound, silenceBound, Watchdog } from './watchdog.js'

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
  /** See {@link silenceBound} and {@link openingBound}; default 30 s each. */
  silenceFloorMs?: number
  openingFloorMs?: number
  /** How long a cancelled call may go on before its process is killed; default two of its steps, at least 2 s. */
  cancelGraceMs?: number
}

/** A folder's graphs, open or being opened in the present process. */
interface Load {
  done: Promise<void>
  listeners: Set<(opening: Opening) => void>
}

/** The model as the worker sees it: always some inference process, a fresh one after each that ended. */
export class InferenceClient {
  private child: InferenceChild | undefined
  /** By folder, of the present process. */
  private readonly loads = new Map<string, Load>()
  /** Longest silence before a first step so far, and how much the model was asked for then; by folder. */
  private readonly firstSteps = new Map<string, { ms: number; units: number }>()
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

  /** Checks all files of a model folder. @throws InferenceError naming the file that is damaged, or that takes too long */
  async inspect(folder: string): Promise<Manifest> {
    const child = this.living()
    const watchdog = new Watchdog(() => child.kill())
    watchdog.expect(openingBound(await folderBytes(folder), this.options.openingFloorMs))
    try {
      return await child.ask('inspect', { folder }).answer
    } catch (error) {
      throw watchdog.bit ? new InferenceError(null, `The files of ${folder} could not be read in time.`) : error
    } finally {
      watchdog.rest()
    }
  }

  /**
   * Makes sure that a folder's graphs are open in the present process. Opening cannot be interrupted, so it goes on when
   * the signal is aborted, for whoever needs the folder next; one that hangs is ended after {@link openingBound}.
   *
   * @param onOpening - told of each graph, before and after it is opened
   * @throws the signal's reason, InferenceError, StopError `inference-exited`
   */
  async load(folder: string, { signal, onOpening }: LoadHooks = {}): Promise<void> {
    const child = this.living()
    const load = this.loads.get(folder) ?? this.open(child, folder)
    if (onOpening) load.listeners.add(onOpening)
    try {
      await (signal ? orAborted(load.done, signal) : load.done)
    } finally {
      if (onOpening) load.listeners.delete(onOpening)
    }
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
    const { previewEveryMs = 300, silenceFloorMs, openingFloorMs } = this.options
    const units = request.width * request.height * (request.frames.length + 1)
    const measured = this.firstSteps.get(folder)
    let longest = measured && measured.ms * Math.max(1, units / measured.units)
    let heard = performance.now()
    let hung = false
    const watchdog = new Watchdog(() => {
      hung = !signal.aborted
      void child.kill()
    })
    const watch = () => {
      if (!signal.aborted) watchdog.expect(silenceBound(longest, silenceFloorMs))
    }
    child.onOpening = ({ bytes, ms }) => {
      if (ms !== null || signal.aborted) return watch()
      watchdog.expect(Math.max(openingBound(bytes, openingFloorMs), silenceBound(longest, silenceFloorMs)))
    }
    const hear = (step: StepDone) => {
      const now = performance.now()
      // the first step's time has the encoding in it
      if (step.step === 1 && now - heard > (measured?.ms ?? 0)) this.firstSteps.set(folder, { ms: now - heard, units })
      longest = Math.max(longest ?? 0, now - heard)
      heard = now
      if (!signal.aborted) onStep(step)
      watch()
    }
    const { traceParent } = trail()
    const question = { folder, request, previewEveryMs, ...(traceParent !== undefined && { traceParent }) }
    const { call, answer } = child.ask('generate', question, { onStep: hear })
    const cancel = () => {
      child.cancel(call)
      watchdog.expect(this.options.cancelGraceMs ?? Math.max(2000, 2 * (longest ?? 0)))
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
      watchdog.rest()
      child.onOpening = () => {}
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

  /** Begins to open a folder in a process. */
  private open(child: InferenceChild, folder: string): Load {
    const listeners: Load['listeners'] = new Set()
    const before = [...this.loads.values()].at(-1)?.done
    const load = { listeners, done: this.openAfter(before, child, folder, listeners) }
    load.done.catch(() => {
      if (this.loads.get(folder) === load) this.loads.delete(folder)
    })
    this.loads.set(folder, load)
    return load
  }

  private async openAfter(
    before: Promise<void> | undefined,
    child: InferenceChild,
    folder: string,
    listeners: Load['listeners'],
  ): Promise<void> {
    await before?.catch(() => {})
    const { device, threads, resident = residentPartSchema.options, openingFloorMs } = this.options
    let part = 'anything'
    const watchdog = new Watchdog(() => child.kill())
    child.onOpening = (opening) => {
      part = opening.graph
      watchdog.expect(openingBound(opening.ms === null ? opening.bytes : 0, openingFloorMs))
      for (const listener of listeners) listener(opening)
    }
    watchdog.expect(openingBound(0, openingFloorMs))
    try {
      this.chosen = await child.ask('load', { folder, device, threads, resident }).answer
    } catch (error) {
      if (watchdog.bit) throw new InferenceError(null, `The model in ${folder} did not open ${part} in time.`)
      if (mayBeTheProcess(error)) await child.kill()
      throw error
    } finally {
      watchdog.rest()
      child.onOpening = () => {}
    }
  }

  private living(): InferenceChild {
    if (this.closed) throw new StopError('shutting-down')
    if (!this.child?.alive) {
      this.loads.clear()
      this.child = new InferenceChild(this.options.onErrorLine)
    }
    return this.child
  }
}

/** How {@link InferenceClient.load} is stopped and watched. */
export interface LoadHooks {
  signal?: AbortSignal
  onOpening?: (opening: Opening) => void
}

/** Bytes of all files of a folder; 0 when it cannot be read. */
async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [] as string[])
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** A failure that may come from the process, its device or its memory: the next call gets a fresh one. */
const mayBeTheProcess = (error: unknown) => error instanceof InferenceError && error.mayBeTheWorkers
