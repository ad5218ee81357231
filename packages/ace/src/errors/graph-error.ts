import { AceError } from './ace-error.js'

/** A graph that could not be opened, has other inputs or outputs than the pipeline, or failed in a run. */
export class GraphError extends AceError {
  override readonly name = 'GraphError'
  readonly code = 'model_failed'

  /**
   * @param file - path of the graph
   * @param problem - what went wrong, as a sentence
   */
  constructor(
    readonly file: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${problem}`, options)
  }
}
