import type { ErrorCode } from '@atelier/contracts'
import type { Device } from './device.js'
import type { Size } from './images/raster.js'

/** Base of the errors that end one generation. `code` is what a caller of Atelier is told. */
export abstract class AceError extends Error {
  /** Row of the closed error table. */
  abstract readonly code: ErrorCode
}

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

/** A condition image or mask that cannot be decoded. */
export class UnreadableImageError extends AceError {
  override readonly name = 'UnreadableImageError'
  readonly code = 'image_unreadable'

  /** @param reason - why, as a sentence */
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The picture cannot be read: ${reason}`, options)
  }
}

/** A mask whose size differs from its image's. */
export class MaskSizeError extends AceError {
  override readonly name = 'MaskSizeError'
  readonly code = 'mask_size_mismatch'

  /** @param image - the image's size once turned upright */
  constructor(
    readonly image: Size,
    readonly mask: Size,
  ) {
    super(`The mask is ${mask.width}×${mask.height}, its image ${image.width}×${image.height}.`)
  }
}

/** A mask whose marks are all outside the middle of too long an image, which is all that the model sees of it. */
export class MaskOutsideError extends AceError {
  override readonly name = 'MaskOutsideError'
  readonly code = 'image_too_elongated'

  constructor() {
    super('The mask marks only parts of its image that the model does not see: of so long an image it sees the middle.')
  }
}

/** A mask that marks nothing. */
export class MaskEmptyError extends AceError {
  override readonly name = 'MaskEmptyError'
  readonly code = 'mask_empty'

  constructor() {
    super('The mask marks nothing: it is nowhere brighter than mid-grey.')
  }
}

/** The model produced NaN or infinity instead of a picture. */
export class InvalidOutputError extends AceError {
  override readonly name = 'InvalidOutputError'
  readonly code = 'model_invalid_output'

  /** @param stage - where it was seen, such as `step 3` */
  constructor(readonly stage: string) {
    super(`The model's numbers stopped being a picture at ${stage}.`)
  }
}

/** A graph that cannot be opened, whose inputs or outputs are not the pipeline's, or that failed in a run. */
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

/** The signal given to `generate` was aborted; nothing was made. */
export class GenerationAbortedError extends Error {
  override readonly name = 'GenerationAbortedError'

  /** @param stage - what would have come next, such as `step 3` */
  constructor(readonly stage: string) {
    super(`The generation was aborted before ${stage}.`)
  }
}

/** The device cannot be used on this machine. */
export class DeviceUnavailableError extends Error {
  override readonly name = 'DeviceUnavailableError'

  /** @param reason - what is missing, as a sentence */
  constructor(
    readonly device: Device,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`The device ${device} cannot be used: ${reason}`, options)
  }
}

const outOfMemorySigns = [
  // the C++ library, V8 and its array buffers
  /bad_alloc/i,
  /bad allocation/i,
  /out of memory/i,
  /buffer allocation failed/i,
  // ONNX Runtime's arena, on every device
  /failed to allocate memory/i,
  /available memory of \d+ is smaller than requested bytes/i,
  // cuBLAS and cuDNN
  /STATUS_ALLOC_FAILED/,
  /(HOST|DEVICE)_ALLOCATION_FAILED/,
]

/** True for the ways in which ONNX Runtime, CUDA and its libraries, the C++ library and V8 say that memory is used up. */
export const looksOutOfMemory = (text: string): boolean => outOfMemorySigns.some((sign) => sign.test(text))
