import type { Size } from '../errors/mask-size-error.js'
import { resizeNearest } from './resize-nearest.js'

/**
 * A mask at another size: the mark under each new pixel's centre (nearest-exact, as the reference does it). A mark so
 * small that it falls between the centres would vanish; when all of them would, each new pixel that holds one is marked
 * instead. The reference then takes the mask for none and edits the whole picture, the opposite of what was drawn.
 *
 * @param mask - `[height, width]` of `from`, 1 = marked
 * @returns the same of `to`; without a mark only if `mask` has none
 */
export function shrinkMask(mask: Uint8Array, from: Size, to: Size): Uint8Array {
  const picked = resizeNearest({ data: mask, ...from, channels: 1 }, to.width, to.height).data
  if (picked.includes(1)) return picked
  for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
    const row = Math.floor((Math.floor(at / from.width) * to.height) / from.height)
    picked[row * to.width + Math.floor(((at % from.width) * to.width) / from.width)] = 1
  }
  return picked
}
