import type { ErrorCode } from '@atelier/contracts'

/** What the pool asks of a work process: a task of its table. */
export interface TaskMessage {
  task: string
  args: unknown[]
}

/** Its answer; `code` is null for a fault of the process itself. */
export type TaskAnswer =
  | { value: unknown; failure?: never }
  | { value?: never; failure: { code: ErrorCode | null; message: string; details?: unknown } }

/** Exit code of a work process that ended itself because its task took too much processor time or memory. */
export const tooCostlyExit = 71
