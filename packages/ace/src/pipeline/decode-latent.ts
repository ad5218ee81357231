import type { Manifest } from '@atelier/contracts'
import { InvalidOutputError } from '../errors.js'
import type { ModelGraphs } from '../model-folder/model-graphs.js'

/**
 * A finished latent → RGB.
 *
 * @param latent - `[channels, height, width]`, scaled
 * @returns `[H, W, 3]`, 0–255
 * @throws InvalidOutputError when the decoder answers with NaN or infinity
 */
export async function decodeLatent(
  latent: Float32Array,
  height: number,
  width: number,
  decoder: Pick<ModelGraphs['vaeDecoder'], 'run'>,
  settings: Manifest['latent'],
): Promise<{ pixels: Uint8Array; width: number; height: number }> {
  const data = latent.map((value) => value / settings.scale)
  const { image } = await decoder.run({ latent: { data, dims: [1, settings.channels, height, width] } })
  if (!image.data.every(Number.isFinite)) throw new InvalidOutputError('decoding')
  return { pixels: interleave(image.data), width: image.dims[3]!, height: image.dims[2]! }
}

/** Planes in −1 … 1 → interleaved bytes. Half a level is added before rounding down, as the reference saves. */
function interleave(planes: Float32Array): Uint8Array {
  const area = planes.length / 3
  const bytes = new Uint8Array(planes.length)
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < area; i++) {
      const level = Math.floor((planes[c * area + i]! + 1) * 127.5 + 0.5)
      bytes[i * 3 + c] = Math.min(255, Math.max(0, level))
    }
  }
  return bytes
}

/**
 * A rough picture of a scaled latent `[channels, height, width]` by the manifest's linear map, at latent size.
 *
 * @returns RGB `[height, width, 3]`, 0–255
 */
export function previewPixels(latent: Float32Array, { factors, bias }: Manifest['preview']): Uint8Array {
  const area = latent.length / factors.length
  const pixels = new Uint8Array(area * 3)
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) {
      const value = factors.reduce((sum, row, channel) => sum + row[c]! * latent[channel * area + i]!, bias[c]!)
      pixels[i * 3 + c] = Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)))
    }
  }
  return pixels
}
