import type { Manifest, ResidentPart, Sampler, Speed } from '@atelier/contracts'
import type { Device } from './device.js'
import type { GraphOpening, GraphRun } from './model-folder/model-graphs.js'

/** Options of {@link openModel}. */
export interface OpenModelOptions {
  /** Default `cpu`. */
  device?: Device
  /** Which of a folder's graphs to use. Default: those for the device; another's is for tests and rehearsals. */
  graphsOf?: Device
  /** Threads of ONNX Runtime inside one operator; default: all cores. */
  threads?: number
  /** Parts that stay in memory; the others are opened when a generation needs them and released after. Default: all. */
  resident?: readonly ResidentPart[] | undefined
  /** Called before and after each graph is opened, now or later. */
  onOpening?: ((opening: GraphOpening) => void) | undefined
  /** Called after each run of a graph. */
  onRun?: ((run: GraphRun) => void) | undefined
  /** Most bytes of encoded texts and images that are kept for later turns, default 256 MiB; 0 keeps none. */
  cacheBytes?: number
  /**
   * Generations that may sample at once and share runs of the network when their frames and sizes are equal; the default,
   * 1, lets each run by itself. The picture is the same on the CPU, and the same within float16 on CUDA. A run takes as
   * many as its tokens do not exceed those of the largest generation that the model allows, so memory is bounded by that.
   */
  batch?: number
  /** How long a generation's first step waits for others while they could join it, in milliseconds, default 0. */
  batchWaitMs?: number
}

/** One condition image of the LCU, in the order of frames. */
export interface ConditionFrame {
  /** The encoded file: PNG, JPEG or WebP. */
  image: Uint8Array
  /** Encoded mask of the same size, white = edit here; null = none. */
  mask: Uint8Array | null
  /** `erase` sets the masked pixels to −1 before the VAE (composite mode); `keep` does not. */
  maskMode: 'keep' | 'erase'
  /** The instruction of the condition unit that the frame belongs to, mentions already replaced by indicators. */
  instruction: string
}

/** One call of the model. */
export interface GenerateRequest {
  /** The current instruction. */
  instruction: string
  /** Condition frames of the whole LCU, oldest first; at most nine. */
  frames: ConditionFrame[]
  /**
   * How many of the last frames are the current turn's images; its first image decides size and mask of the target.
   * 0: the requested size.
   */
  currentFrames: number
  /** Pixels; used when the current turn has no image. */
  width: number
  height: number
  steps: number
  /** 1 = no guidance: one item a step instead of two. */
  guidanceScale: number
  guidanceRescale: number
  /** Default `ddim`. */
  sampler?: Sampler
  /**
   * `[from, to]`, shares of the steps with 0 ≤ from < to ≤ 1: a step whose middle lies outside goes without guidance, so
   * with one pass instead of two. Default, and null: all steps are guided.
   */
  guidanceInterval?: readonly [from: number, to: number] | null
  /** `fast`: `historyRefresh` and `stepCache` are those of the manifest's `fast`. Default `exact`. */
  speed?: Speed
  /**
   * In place of what `speed` means: how many steps share the condition frames' keys and values; 1 = exact. The last step
   * computes all frames, whatever was kept.
   */
  historyRefresh?: number
  /**
   * In place of what `speed` means, by the graphs for CUDA: while the first block adds nearly what it added at the last of
   * the `historyRefresh` steps that was computed, what the other blocks added then is taken for what they would add. The
   * largest change, 0 … 1: mean absolute difference by mean absolute value; 0 = every step is computed.
   */
  stepCache?: number
  negativePrompt: string
  /**
   * Whether the result has, outside the mask of the current turn's first image, that image's own pixels (at the
   * prepared size) unchanged, with a soft edge inside the mask. Without such a mask it changes nothing.
   */
  keepUnmasked: boolean
  /** 0 … 2³²−1. */
  seed: number
  /**
   * Who shares what was encoded before: only requests of the same scope do. Give one scope to each owner, because a
   * fast answer tells that somebody of the scope has sent the same picture or text.
   */
  cacheScope: string
}

/** After each step. */
export interface GenerateProgress {
  /** 1 … steps. */
  step: number
  steps: number
  /**
   * Makes a small picture of the predicted result: PNG at latent size (an eighth of the picture's), to be enlarged by
   * the reader. Costs nothing when not called; call it before the hook returns, after that it shows a later step.
   */
  preview(): Promise<Uint8Array>
}

/** The result of one call. */
export interface GenerateResult {
  /** The picture as RGB, `[height, width, 3]`, 0–255. */
  pixels: Uint8Array
  width: number
  height: number
  /** Milliseconds: `encodeMs` (text and images), `denoiseMs`, `decodeMs`. */
  timings: { encodeMs: number; denoiseMs: number; decodeMs: number }
  /** How many texts and images were encoded for it; those that the model had from an earlier call do not count. */
  encoded: { texts: number; images: number }
  /** Most generations that shared a run with it, itself included: 1 = it ran alone. */
  batch: number
}

/** Hooks of a call. */
export interface GenerateHooks {
  /** Awaited after each step; a slow hook slows the generation. */
  onProgress?(progress: GenerateProgress): void | Promise<void>
  /** It shares no step with others and waits for none; see `OpenModelOptions.batch`. Default false. */
  alone?: boolean
  /** Checked before every step and between stages; aborting makes the call reject with `GenerationAbortedError`. */
  signal?: AbortSignal
}

/** A loaded model folder. */
export interface AceModel {
  readonly manifest: Manifest
  /**
   * One run of the model. Its graphs block this thread; between steps messages come in. The same request gives the same
   * pixels on machines of the same kind. Calls may overlap; see `OpenModelOptions.batch`.
   *
   * @throws GenerateRequestError, UnreadableImageError, MaskSizeError, MaskEmptyError, InvalidOutputError,
   *   OutOfMemoryError, GraphError (all `AceError`, with the `code` that a caller is told), GenerationAbortedError
   */
  generate(request: GenerateRequest, hooks?: GenerateHooks): Promise<GenerateResult>
  /** Frees the graphs; not during a run. */
  close(): Promise<void>
}
