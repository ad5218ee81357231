/** Width and height in pixels. */
export interface Size {
  width: number
  height: number
}

/** Decoded pixels, 8 bits a channel, rows from the top, channels interleaved. */
export interface Raster extends Size {
  data: Uint8Array
  /** 3 for pictures (RGB), 1 for masks. */
  channels: number
}

/** A rectangle of a raster, as a copy; the raster itself if it is all of it. The rectangle must lie inside. */
export function crop(raster: Raster, left: number, top: number, width: number, height: number): Raster {
  if (width === raster.width && height === raster.height) return raster
  const { channels } = raster
  const data = new Uint8Array(width * height * channels)
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * raster.width + left) * channels
    data.set(raster.data.subarray(start, start + width * channels), row * width * channels)
  }
  return { data, width, height, channels }
}
