import type { Load } from '../drive/owner.js'
import type { StackOptions } from '../stack/stack.js'
import type { World } from './world.js'

/** A way to break a running Atelier. */
export interface Scenario {
  name: string
  /** What is done, in a line. */
  what: string
  /** Numbers of the injections in docs/reliability.md that it covers. */
  covers: readonly string[]
  /** Share of the run's generations that it gets, default 1. */
  weight?: number
  /** Faults that happen at least, however quickly the generations end; default 3. */
  faults?: number
  /** Lasts as long as `inject` takes, rather than until there are enough generations and faults. */
  timed?: true
  /** What it needs of the stack; such a scenario gets a stack of its own. */
  stack?: Partial<StackOptions>
  load?: Partial<Load>
  /** Why it cannot run with these options on this machine; undefined: it can. */
  missing?(options: StackOptions): string | undefined
  /** Generations may end as `failed` with these codes. */
  mayFail?: readonly string[]
  /** Breaks things until `world.signal` aborts, and mends what it broke. */
  inject(world: World): Promise<void>
}
