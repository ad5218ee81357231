import type { ModelGraphs } from '../model-folder/model-graphs.js'
import type { NumberArray } from '../ort.js'
import type { TextSegment } from '../text/encode-texts.js'

/** What the denoiser knows of the texts; the same at every step. */
export interface Conditioning {
  /** Cross-attention of each layer, `[depth, B, F, L, D]`. */
  keys: NumberArray
  values: NumberArray
  /** `[B, F, D]`. */
  indicatorEmbedding: NumberArray
  /** `[B, F]` int32. */
  textLengths: NumberArray
}

/**
 * Projects texts and indicators, once a generation.
 *
 * @param passes - for each row of the batch, the segment of each frame, the target's first
 * @param indicators - each frame's row of the indicator table, `[F, Y]`
 */
export async function prepareConditioning(
  conditioner: Pick<ModelGraphs['conditioner'], 'run'>,
  passes: readonly (readonly TextSegment[])[],
  indicators: Float32Array,
): Promise<Conditioning> {
  const { text, indicators: repeated, textLengths } = textInputs(passes, indicators)
  const {
    keys,
    values,
    indicator_embedding: indicatorEmbedding,
  } = await conditioner.run({ text, indicators: repeated })
  return { keys, values, indicatorEmbedding, textLengths }
}

/** What the sampler graph knows of the texts. */
export interface ProjectedTexts extends Pick<Conditioning, 'indicatorEmbedding' | 'textLengths'> {
  /** `[B, F, L, D]`. */
  text: NumberArray
}

/** As {@link prepareConditioning}, for the sampler graph, which makes keys and values itself. */
export async function projectTexts(
  projector: Pick<ModelGraphs['textProjector'], 'run'>,
  passes: readonly (readonly TextSegment[])[],
  indicators: Float32Array,
): Promise<ProjectedTexts> {
  const { text: hidden, indicators: repeated, textLengths } = textInputs(passes, indicators)
  const { text, indicator_embedding: indicatorEmbedding } = await projector.run({ hidden, indicators: repeated })
  return { text, indicatorEmbedding, textLengths }
}

/** Segments of each pass, padded, and the indicators of the frames, repeated for each pass. */
function textInputs(passes: readonly (readonly TextSegment[])[], indicators: Float32Array) {
  const frames = passes[0]!.length
  const width = indicators.length / frames
  const lengths = passes.flatMap((segments) => segments.map((segment) => segment.length))
  const longest = Math.max(...lengths)
  const text = new Float32Array(passes.length * frames * longest * width)
  passes.flat().forEach((segment, index) => text.set(segment.data, index * longest * width))
  const repeated = new Float32Array(passes.length * indicators.length)
  passes.forEach((_, row) => repeated.set(indicators, row * indicators.length))
  return {
    text: { data: text, dims: [passes.length, frames, longest, width] },
    indicators: { data: repeated, dims: [passes.length, frames, width] },
    textLengths: { data: Int32Array.from(lengths), dims: [passes.length, frames] },
  }
}

/** Text of each frame's segment for the passes of guidance, the target's first. */
export interface FrameTexts<Text> {
  conditional: Text[]
  unconditional: Text[]
}

/**
 * Which text each frame sees: the target the current instruction, a condition frame that of its own condition unit.
 * Without guidance's text the negative prompt stands in for two segments alone, the target's and the last frame's.
 *
 * @param current - the current instruction
 * @param frames - the instruction of each condition frame
 */
export function frameTexts<Text>(current: Text, frames: readonly Text[], negative: Text): FrameTexts<Text> {
  return {
    conditional: [current, ...frames],
    unconditional: [negative, ...frames.slice(0, -1), ...frames.slice(-1).map(() => negative)],
  }
}

/**
 * The rows of the indicator table that `count` condition frames use, the target's first: condition frame k has row
 * k − 1, the target the row after the last.
 *
 * @throws RangeError when there are more than nine: the table has ten rows
 */
export function indicatorRows(count: number): number[] {
  if (count > 9) throw new RangeError(`${count} condition frames are more than the nine that have an indicator`)
  return [count, ...Array.from({ length: count }, (_, index) => index)]
}

/** Rows of the indicator table `[10, Y]` one after another. */
export function pickRows(table: Float32Array, rows: readonly number[]): Float32Array {
  const width = table.length / 10
  const picked = new Float32Array(rows.length * width)
  rows.forEach((row, index) => picked.set(table.subarray(row * width, (row + 1) * width), index * width))
  return picked
}
