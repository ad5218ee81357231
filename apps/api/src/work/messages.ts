import type { ErrorCode } from '@atelier/contracts'

/** What any task may take; more is allowed for each pixel of its picture, see `work-process.ts`. */
export interface WorkBudget {
  /** Processor time in milliseconds. */
  cpuMs: number
  /** Memory above what the process had at its start, in bytes. */
  bytes: number
}

/** What the pool asks of a work process: a task of its table. */
export interface TaskMessage {
  task: string
  args: unknown[]
  budget: WorkBudget
}

/** Its answer; `code` is null for a fault of the process itself. */
export type TaskAnswer =
  | { value: unknown; failure?: never }
  | { value?: never; failure: { code: ErrorCode | null; message: string; details?: unknown } }

/** Exit code of a work process that ended itself because its task took too much processor time or memory. */
export const tooCostlyExit = 71
