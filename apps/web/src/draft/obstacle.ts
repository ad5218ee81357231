import type { Image, Model } from '@atelier/contracts'
import { maxConditionImages, maxInstructionLength } from '@atelier/contracts/limits'
import type { Draft, DraftImage } from './draft.js'

/** Why a draft would be refused, as far as the page can tell by itself. */
export type Obstacle =
  /** It has so many pictures more than the model takes. */
  | { kind: 'pictures'; surplus: number }
  /** Its instruction has so many characters more than are allowed. */
  | { kind: 'characters'; surplus: number }
  /** The model would see only the middle of this picture. */
  | { kind: 'elongated'; imageId: string }

/** How many characters a text has, as people count them. */
export function charactersOf(text: string): number {
  let count = 0
  for (const _ of new Intl.Segmenter().segment(text)) count += 1
  return count
}

/** Whether a picture is too long and narrow for a model. */
export const isElongated = ({ width, height }: Pick<Image, 'width' | 'height'>, { limits }: Pick<Model, 'limits'>) =>
  Math.max(width, height) > Math.min(width, height) * limits.maxAspect

/** Of the reasons why a draft cannot be sent the first one; null: there is none that the page knows. */
export function obstacleOf(
  { text }: Pick<Draft, 'text'>,
  images: readonly DraftImage[],
  elongatedId: string | undefined,
): Obstacle | null {
  if (images.length > maxConditionImages) return { kind: 'pictures', surplus: images.length - maxConditionImages }
  if (elongatedId) return { kind: 'elongated', imageId: elongatedId }
  // No character takes less than one unit of the text, so that most texts need not be counted.
  const surplus = text.length > maxInstructionLength ? charactersOf(text.trim()) - maxInstructionLength : 0
  return surplus > 0 ? { kind: 'characters', surplus } : null
}
