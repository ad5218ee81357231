import type { Raster } from './raster.js'

/** Resize by picking the input pixel under each output pixel's centre. */
export function resizeNearest(raster: Raster, width: number, height: number): Raster {
  const { channels } = raster
  const data = new Uint8Array(width * height * channels)
  for (let row = 0; row < height; row++) {
    const from = Math.floor(((row + 0.5) * raster.height) / height) * raster.width
    for (let column = 0; column < width; column++) {
      const at = (from + Math.floor(((column + 0.5) * raster.width) / width)) * channels
      for (let c = 0; c < channels; c++) data[(row * width + column) * channels + c] = raster.data[at + c]!
    }
  }
  return { data, width, height, channels }
}
