import type { GenerateRequest, GenerateResult } from '@atelier/ace'
import type { ErrorCode, Manifest } from '@atelier/contracts'

/** What the worker asks its inference process to do, by name. Folders are paths of model folders. */
export interface InferenceCalls {
  /** Checks every file of the folder against its manifest. */
  inspect: { ask: { folder: string }; answer: Manifest }
  /** Opens the folder's graphs and keeps them; opening again is free. `device` answers `auto` with what was chosen. */
  load: {
    ask: { folder: string; device: 'auto' | 'cpu' | 'cuda'; threads: number }
    answer: { device: 'cpu' | 'cuda' }
  }
  /** Makes a picture with a loaded folder; a preview comes with a step at most every `previewEveryMs`. */
  generate: { ask: { folder: string; request: GenerateRequest; previewEveryMs: number }; answer: GenerateResult }
}

/** Name of a call. */
export type CallName = keyof InferenceCalls

/** Worker → inference process. `call` numbers a question, so that its answer is found again. */
export type ToInference =
  | { [N in CallName]: { type: N; call: number } & InferenceCalls[N]['ask'] }[CallName]
  | { type: 'cancel'; call: number }

/** One finished step of a `generate` call; `preview` is an encoded PNG. */
export interface StepDone { step: number; steps: number; preview?: Uint8Array }

/** Inference process → worker. A failure's `code` is null when it says nothing about the wanted picture. */
export type FromInference =
  | { type: 'answer'; call: number; value: InferenceCalls[CallName]['answer'] }
  | { type: 'failure'; call: number; code: ErrorCode | null; message: string }
  | ({ type: 'step'; call: number } & StepDone)
