import { AceError } from './ace-error.js'

/** ONNX Runtime could not get the memory for a graph or a run. The process should be replaced by a fresh one. */
export class OutOfMemoryError extends AceError {
  override readonly name = 'OutOfMemoryError'
  readonly code = 'model_out_of_memory'

  /** @param file - path of the graph that was opened or was running */
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: not enough memory.`, options)
  }
}
