import { AceError } from './ace-error.js'

/** The model produced NaN or infinity instead of a picture. */
export class InvalidOutputError extends AceError {
  override readonly name = 'InvalidOutputError'
  readonly code = 'model_invalid_output'

  /** @param stage - where it was seen, such as `step 3` */
  constructor(readonly stage: string) {
    super(`The model's numbers stopped being a picture at ${stage}.`)
  }
}
