import type { Reproduction } from '@atelier/contracts'
import type { Picture } from './store-picture.js'

/** What {@link comparePictures} finds. */
export type Comparison = { [Field in 'equal' | 'differentPixels' | 'maxDifference']: NonNullable<Reproduction[Field]> }

/** Compares a picture with the one it should be. Of another size all of its pixels differ, by as much as can be. */
export function comparePictures(made: Picture, original: Picture): Comparison {
  const area = made.width * made.height
  if (made.width !== original.width || made.height !== original.height) {
    return { equal: false, differentPixels: area, maxDifference: 255 }
  }
  let [differentPixels, maxDifference] = [0, 0]
  for (let pixel = 0; pixel < area; pixel++) {
    let most = 0
    for (let at = pixel * 3; at < pixel * 3 + 3; at++) {
      most = Math.max(most, Math.abs(made.pixels[at]! - original.pixels[at]!))
    }
    if (most > 0) differentPixels++
    maxDifference = Math.max(maxDifference, most)
  }
  return { equal: differentPixels === 0, differentPixels, maxDifference }
}
