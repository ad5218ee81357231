import type { GenerateRequest, GenerateResult, GraphOpening } from '@atelier/ace'
import type { ErrorCode, Manifest, ResidentPart } from '@atelier/contracts'

/** What the worker asks its inference process to do, by name. Folders are paths of model folders. */
export interface InferenceCalls {
  /** Checks every file of the folder against its manifest. */
  inspect: { ask: { folder: string }; answer: Manifest }
  /**
   * Opens the folder's graphs and keeps those that are resident; opening again is free. `device` answers `auto` with what
   * was chosen, and `fallback` says why `auto` came to the CPU. `batch` and `batchWaitMs`: see `OpenModelOptions`.
   */
  load: {
    ask: {
      folder: string
      device: 'auto' | 'cpu' | 'cuda'
      threads: number
      resident: readonly ResidentPart[]
      batch: number
      batchWaitMs: number
    }
    answer: { device: 'cpu' | 'cuda'; fallback: string | null }
  }
  /**
   * Makes a picture with a loaded folder, beside others; a preview comes with a step at most every `previewEveryMs`.
   * `traceParent`: its trace.
   */
  generate: {
    ask: { folder: string; request: GenerateRequest; alone: boolean; previewEveryMs: number; traceParent?: string }
    answer: GenerateResult
  }
}

/** Name of a call. */
export type CallName = keyof InferenceCalls

/** Worker → inference process. `call` numbers a question, so that its answer is found again. */
export type ToInference =
  { [N in CallName]: { type: N; call: number } & InferenceCalls[N]['ask'] }[CallName] | { type: 'cancel'; call: number }

/** One finished step of a `generate` call; `preview` is an encoded PNG. */
export interface StepDone {
  step: number
  steps: number
  preview?: Uint8Array
}

/** A graph that is being opened (`ms` null) or has been. */
export type Opening = GraphOpening

/** Inference process → worker. A failure's `code` is null when it says nothing about the wanted picture. */
export type FromInference =
  | { type: 'answer'; call: number; value: InferenceCalls[CallName]['answer'] }
  | { type: 'failure'; call: number; code: ErrorCode | null; message: string }
  | ({ type: 'step'; call: number } & StepDone)
  | ({ type: 'opening'; call: number } & Opening)
