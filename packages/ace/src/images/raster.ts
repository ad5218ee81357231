/** Decoded pixels, 8 bits a channel, rows from the top, channels interleaved. */
export interface Raster {
  data: Uint8Array
  width: number
  height: number
  /** 3 for pictures (RGB), 1 for masks. */
  channels: number
}
