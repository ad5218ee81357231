import { AceError } from './ace-error.js'

/** A request outside the model's limits. The API refuses these earlier; this is the last guard. */
export class GenerateRequestError extends AceError {
  override readonly name = 'GenerateRequestError'
  readonly code = 'parameter_out_of_range'

  /**
   * @param field - the field of `GenerateRequest`
   * @param problem - what is wrong with it, as the end of a sentence
   */
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super(`${field} ${problem}`)
  }
}
