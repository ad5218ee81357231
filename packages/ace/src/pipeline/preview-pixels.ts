import type { Manifest } from '@atelier/contracts'

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
