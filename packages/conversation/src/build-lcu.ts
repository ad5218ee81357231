import type { Lcu, TurnImage } from '@atelier/contracts'
import { indicator } from './indicator.js'
import { replaceMentions } from './mentions.js'

/** A condition unit before its images are named. */
export interface Unit {
  turnId: string
  instruction: string
  images: readonly TurnImage[]
}

/**
 * Names the images of all units by their position among the frames of the whole LCU and rewrites the mentions in each
 * instruction accordingly (ACE.md: history is renumbered). White space around an instruction is left out.
 *
 * @param units - history oldest first (each with images), the current unit last
 * @throws RangeError with more than ten images in all
 */
export function buildLcu(units: readonly Unit[]): Lcu {
  let frame = 0
  const named = units.map((unit) => ({
    ...unit,
    images: unit.images.map((image) => ({ ...image, indicator: indicator(frame++) })),
  }))
  const anywhere = new Map(
    named.flatMap((unit) => unit.images.map((image) => [image.imageId, image.indicator] as const)),
  )
  return named.map((unit) => {
    const own = new Map(unit.images.map((image) => [image.imageId, image.indicator]).toReversed() as [string, string][])
    return { ...unit, instruction: replaceMentions(unit.instruction.trim(), (id) => own.get(id) ?? anywhere.get(id)) }
  })
}
