import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { GenerateRequest, GenerateResult } from '@atelier/ace'
import { residentPartSchema, type Manifest, type ResidentPart } from '@atelier/contracts'
import { StopError } from '@atelier/queue'
import { orAborted, trail } from '@atelier/service'
import { InferenceChild, InferenceError, type ErrorLine } from './inference-child.js'
import type { InferenceCalls, Opening, StepDone } from './messages.js'
import { ProcessWatch, type WatchedCall } from './process-watch.js'
import { Turns, type TurnOptions } from './turns.js'
import { openingBound, Watchdog } from './watchdog.js'

/** Settings of an {@link InferenceClient}. */
export interface InferenceOptions {
  device: 'auto' | 'cpu' | 'cuda'
  /** Threads of one graph; 0 = all cores. */
  threads: number
  /** Parts of a model that stay in memory, default all. */
  resident?: readonly ResidentPart[]
  /** See `OpenModelOptions` of `@atelier/ace`; default 1 and 0. */
  batch?: number
  batchWaitMs?: number
  onErrorLine: ErrorLine
  /** Time between two previews, default 300 ms. */
  previewEveryMs?: number
  /** See {@link silenceBound} and {@link openingBound}; default 30 s each. */
  silenceFloorMs?: number
  openingFloorMs?: number
  /** How long cancelled calls may go on before their process is killed; default two steps of each, at least 2 s. */
  cancelGraceMs?: number
}

/** A folder's graphs, open or being opened in the present process. */
interface Load {
  done: Promise<void>
  listeners: Set<(opening: Opening) => void>
}

/** A process, and what is known of it. */
interface Life {
  child: InferenceChild
  watch: ProcessWatch
  /** By folder. */
  loads: Map<string, Load>
  /** The load that is under way or was last, and the part that it has come to. */
  last?: { load: Load; part: string }
}

/** The model as the worker sees it: always some inference process, a fresh one after each that ended. */
export class InferenceClient {
  /** Until its process has ended. */
  private life: Life | undefined
  private readonly turns = new Turns()
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
    return this.life?.child.alive ? this.life.child.pid : undefined
  }

  /**
   * Does work with the model in its turn: beside other work, or `alone`, when nothing of others can be lost with the
   * process. A process that a failure made suspect is replaced between turns.
   *
   * @throws the signal's reason, and what the work throws
   */
  inTurn<T>(work: () => Promise<T>, options: Pick<TurnOptions, 'alone' | 'signal'> = {}): Promise<T> {
    return this.turns.take(work, options)
  }

  /** Checks all files of a model folder. @throws InferenceError naming the file that is damaged, or that takes too long */
  async inspect(folder: string): Promise<Manifest> {
    const { child } = await this.living()
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
    const living = this.living()
    const life = await (signal ? orAborted(living, signal) : living)
    const load = life.loads.get(folder) ?? this.open(life, folder)
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
   * @param signal - aborting asks the process to stop before its next step, and kills it if it does not and works for
   *   nobody else; the promise rejects with the signal's reason when the model is free again or dead
   * @throws InferenceError, StopError `inference-exited` (also after {@link silenceBound} without a step of anybody)
   */
  async generate(
    folder: string,
    request: GenerateRequest,
    { signal, alone = false, onStep }: GenerateOptions,
  ): Promise<GenerateResult> {
    signal.throwIfAborted()
    const { life } = this
    // a fresh process would not have it
    if (!life?.loads.has(folder)) throw new StopError('inference-exited', 'The process that had the model has ended.')
    const { child, watch } = life
    const { previewEveryMs = 300 } = this.options
    const units = request.width * request.height * (request.frames.length + 1)
    const measured = this.firstSteps.get(folder)
    const watched: WatchedCall = { longest: measured && measured.ms * Math.max(1, units / measured.units) }
    const hear = (step: StepDone) => {
      watch.step(watched)
      const ms = watched.seen!
      // the first step's time has the encoding in it
      if (step.step === 1 && ms > (measured?.ms ?? 0)) this.firstSteps.set(folder, { ms, units })
      if (!signal.aborted) onStep(step)
    }
    const { traceParent } = trail()
    const question = { folder, request, alone, previewEveryMs, ...(traceParent !== undefined && { traceParent }) }
    watch.enter(watched)
    const { call, answer } = child.ask('generate', question, { onStep: hear })
    const cancel = () => {
      child.cancel(call)
      watch.cancel(watched)
    }
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const result = await answer
      signal.throwIfAborted()
      return result
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (mayBeTheProcess(error)) await this.replace(child)
      if (!watch.bit) throw error
      throw new StopError('inference-exited', 'The model made no step for too long and was ended.', child.asCause)
    } finally {
      watch.leave(watched)
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Ends the inference process; the next call gets a fresh one. */
  async renew(): Promise<void> {
    await this.life?.child.kill()
  }

  /** Ends the inference process; nothing can be asked any more. */
  async close(): Promise<void> {
    this.closed = true
    await this.renew()
  }

  /** Ends a process that is suspect: at once, or when those have ended that run beside the one that failed. */
  private async replace(child: InferenceChild): Promise<void> {
    if (this.turns.running <= 1) await child.kill()
    else void this.turns.take(() => child.kill(), { alone: true, first: true })
  }

  /** Begins to open a folder in a process. */
  private open(life: Life, folder: string): Load {
    const before = [...life.loads.values()].at(-1)?.done
    const load: Load = { listeners: new Set(), done: Promise.resolve() }
    load.done = this.openAfter(before, life, folder, load)
    load.done.catch(() => {
      if (life.loads.get(folder) === load) life.loads.delete(folder)
    })
    life.loads.set(folder, load)
    return load
  }

  private async openAfter(before: Promise<void> | undefined, life: Life, folder: string, load: Load): Promise<void> {
    await before?.catch(() => {})
    const { device, threads, resident = residentPartSchema.options, batch = 1, batchWaitMs = 0 } = this.options
    const { child, watch } = life
    const watched: WatchedCall = { opens: true }
    const last = (life.last = { load, part: 'anything' })
    watch.enter(watched)
    try {
      this.chosen = await child.ask('load', { folder, device, threads, resident, batch, batchWaitMs }).answer
    } catch (error) {
      if (watch.bit)
        throw new InferenceError(null, `The model in ${folder} did not open ${last.part} in time.`, child.asCause)
      if (mayBeTheProcess(error)) await this.replace(child)
      throw error
    } finally {
      watch.leave(watched)
    }
  }

  /** The present process; a fresh one once the last has ended, because there may be no memory for two models. */
  private async living(): Promise<Life> {
    while (this.life && !this.life.child.alive) await this.life.child.ended
    if (this.closed) throw new StopError('shutting-down')
    return (this.life ??= this.begin())
  }

  private begin(): Life {
    const onOpening = (opening: Opening) => {
      const { graph: part, bytes, ms } = opening
      life.watch.opens(ms === null ? bytes : undefined)
      if (!life.last) return
      life.last.part = part
      for (const listener of life.last.load.listeners) listener(opening)
    }
    const child = new InferenceChild(this.options.onErrorLine, onOpening)
    const watch = new ProcessWatch(() => child.kill(), this.options)
    const life: Life = { child, watch, loads: new Map() }
    void child.ended.then(() => {
      if (this.life === life) this.life = undefined
    })
    return life
  }
}

/** How {@link InferenceClient.generate} is stopped and watched. */
export interface GenerateOptions {
  signal: AbortSignal
  /** It shares no step with others and waits for none; default false. */
  alone?: boolean
  onStep(step: StepDone): void
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
