import type { OutpaintRequest } from '@atelier/contracts'
import type { Size } from '../geometry.js'

/** Room to add around a picture, in its pixels. */
export interface Frame {
  top: number
  right: number
  bottom: number
  left: number
}

export type Side = keyof Frame

/** What the room is bounded by. */
export interface FrameLimits {
  /** Longest side over shortest, of the whole. */
  maxAspect: number
  /** Most pixels of the whole. */
  maxPixels: number
  /** The model draws sides that are a multiple of this many pixels, so the whole gets such sides; 1: any. */
  multiple: number
}

/** Most room on one side, as a share of the picture's height or width; the API takes no more. */
export const maxRatio = 2

export const noFrame: Frame = { top: 0, right: 0, bottom: 0, left: 0 }

const sides = ['top', 'right', 'bottom', 'left'] as const
const opposites = { top: 'bottom', right: 'left', bottom: 'top', left: 'right' } as const
const lengthOf = (side: Side, { width, height }: Size) => (side === 'top' || side === 'bottom' ? height : width)

/** Whether any room is added. */
export const isExtended = (frame: Frame): boolean => sides.some((side) => frame[side] > 0)

/** Size of the picture with its room. */
export const sizeWith = ({ width, height }: Size, { top, right, bottom, left }: Frame): Size => ({
  width: left + width + right,
  height: top + height + bottom,
})

/** Whether a picture with this room is within the limits. */
export function isAllowed(picture: Size, frame: Frame, { maxAspect, maxPixels }: FrameLimits): boolean {
  const { width, height } = sizeWith(picture, frame)
  const within = sides.every((side) => frame[side] >= 0 && frame[side] <= maxRatio * lengthOf(side, picture))
  // a picture that is longer than the limit may still be made less so
  const aspect = (size: Size) => Math.max(size.width, size.height) / Math.min(size.width, size.height)
  return within && width * height <= maxPixels && aspect({ width, height }) <= Math.max(maxAspect, aspect(picture))
}

/**
 * Moves one side outwards to `room` pixels, or as far as the limits allow.
 *
 * @param both - the opposite side gets as much, as with the Alt key
 */
export function setSide(
  picture: Size,
  frame: Frame,
  limits: FrameLimits,
  side: Side,
  room: number,
  { both = false } = {},
): Frame {
  const at = (value: number): Frame => ({ ...frame, [side]: value, ...(both && { [opposites[side]]: value }) })
  const kept = lengthOf(side, picture) + (both ? 0 : frame[opposites[side]])
  const most = maxRatio * lengthOf(side, picture)
  const wanted = snap(Math.min(Math.max(room, 0), most), kept, both ? 2 : 1, limits.multiple, most)
  if (isAllowed(picture, at(wanted), limits)) return at(wanted)
  // less room is always nearer to what is allowed, down to what there is now
  let [allowed, refused] = [Math.min(frame[side], wanted), wanted]
  while (refused - allowed > 1) {
    const middle = Math.floor((allowed + refused) / 2)
    if (isAllowed(picture, at(middle), limits)) allowed = middle
    else refused = middle
  }
  const snapped = snap(allowed, kept, both ? 2 : 1, limits.multiple, allowed)
  if (snapped > frame[side] && isAllowed(picture, at(snapped), limits)) return at(snapped)
  return isAllowed(picture, at(allowed), limits) ? at(allowed) : frame
}

/**
 * The least room that gives the whole a ratio of width to height, with the picture in the middle.
 *
 * @returns null when the limits do not allow it, or when the picture has that ratio already
 */
export function frameForRatio(picture: Size, ratio: number, limits: FrameLimits): Frame | null {
  const { width, height } = picture
  const { multiple } = limits
  const wider = Math.round((height * ratio) / multiple) * multiple - width
  const higher = Math.round(width / ratio / multiple) * multiple - height
  const halves = (room: number) => [Math.floor(room / 2), Math.ceil(room / 2)] as const
  const frame =
    wider > 0
      ? { ...noFrame, left: halves(wider)[0], right: halves(wider)[1] }
      : { ...noFrame, top: halves(Math.max(0, higher))[0], bottom: halves(Math.max(0, higher))[1] }
  return isExtended(frame) && isAllowed(picture, frame, limits) ? frame : null
}

/** The same share of the picture on all sides; null when the limits do not allow it. */
export function frameAround({ width, height }: Size, share: number, limits: FrameLimits): Frame | null {
  const { multiple } = limits
  const room = (length: number) => Math.max(1, Math.round((length * share) / multiple)) * multiple
  const [across, down] = [room(width), room(height)]
  const frame = { top: down, right: across, bottom: down, left: across }
  return isAllowed({ width, height }, frame, limits) ? frame : null
}

/**
 * The room nearest to the wanted one with which the whole is a multiple, and none at all is one, too.
 *
 * @param kept - pixels of the whole without it
 * @param times - how often it is added to the whole
 */
function snap(room: number, kept: number, times: number, multiple: number, most: number): number {
  const near = Math.round((kept + times * room) / multiple)
  const candidates = [near - 1, near, near + 1].map((whole) => (whole * multiple - kept) / times)
  const whole = candidates.filter((one) => Number.isInteger(one) && one >= 0 && one <= most)
  const [best] = [0, ...whole].sort((a, b) => Math.abs(a - room) - Math.abs(b - room))
  return best ?? 0
}

/** The room as the API takes it: shares of the picture's height (top, bottom) or width (left, right). */
export const toRatios = (picture: Size, frame: Frame): OutpaintRequest => ({
  top: frame.top / picture.height,
  right: frame.right / picture.width,
  bottom: frame.bottom / picture.height,
  left: frame.left / picture.width,
})
