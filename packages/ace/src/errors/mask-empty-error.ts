import { AceError } from './ace-error.js'

/** A mask that marks nothing of the part of its image that the model sees. */
export class MaskEmptyError extends AceError {
  override readonly name = 'MaskEmptyError'
  readonly code = 'mask_empty'

  constructor() {
    super('The mask marks nothing: it has no white where the model sees its image.')
  }
}
