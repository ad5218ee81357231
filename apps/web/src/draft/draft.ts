import type { CreateTurnInput, History, MaskMode, ParametersRequest } from '@atelier/contracts'
import { mentionedIn, withoutMention } from '../conversation/mentions.js'

/** A picture that the next turn uses. */
export interface DraftImage {
  imageId: string
  /** The mask on it, uploaded; of exactly its size. */
  maskId?: string
  /** See `MaskMode`; only with a mask. Default `keep`. */
  maskMode?: MaskMode
  /** Room was added around another picture, which the mask of this one covers. */
  extended?: Extended
}

/** How a picture got its room. */
export interface Extended {
  /** The picture without the room. */
  from: string
  /** By its sides, in pixels. */
  room: Record<'top' | 'right' | 'bottom' | 'left', number>
  /** What the page itself wrote into the instruction for this; empty: nothing. */
  words: string
}

/** The turn that a draft takes the place of (edit and resend): it becomes a sibling of that turn. */
export interface Replaced {
  turnId: string
  parentTurnId: string | null
}

/** The next turn of a conversation, as far as it is written. */
export interface Draft {
  /** The instruction, with mentions as `@img_…`. */
  text: string
  /**
   * The pictures, in order; the first one is edited. Null: nothing was chosen, so the turn edits the picture that is on the
   * stage. Empty: none, a picture from words alone.
   */
  images: DraftImage[] | null
  /** Only what differs from the model's defaults. `count` is a parameter too: 1 to 4, default 1. */
  parameters: ParametersRequest
  /** Default: the lineage, and the server's limit. */
  history?: History
  /** Name of a model. Default: the server's default one. */
  model?: string
  replaces?: Replaced
  /** Turns that are on their way: kept until the server has accepted them, so that a reload loses none. */
  unsent?: Omit<Draft, 'unsent'>[]
}

/** A draft without anything in it. */
export const emptyDraft: Draft = { text: '', images: null, parameters: {} }

/** Whether there is nothing in a draft that would be missed. */
export function isEmptyDraft({ text, images, parameters, history, model, replaces, unsent }: Draft): boolean {
  if (text || images !== null || history || model || replaces || unsent?.length) return false
  return Object.keys(parameters).length === 0
}

/** A draft without its turn: the settings stay for the next one. */
export function withoutText(draft: Draft): Draft {
  const { replaces: _replaces, ...settings } = draft
  return { ...settings, text: '', images: null }
}

/** A draft as its turn goes on its way. */
export function withoutTurn(draft: Draft): Draft {
  const { unsent = [], ...sent } = draft
  return { ...withoutText(draft), unsent: [...unsent, sent] }
}

/** A draft whose turn on its way has arrived. */
export function withoutUnsent(draft: Draft, sent: Draft): Draft {
  const { unsent = [], ...rest } = draft
  const left = unsent.filter(({ text, images }) => text !== sent.text || images !== sent.images)
  return left.length ? { ...rest, unsent: left } : rest
}

/** A draft whose turn on its way was refused: it is written in the field again, unless there is another one by now. */
export function withRefused(draft: Draft, refused: Draft): Draft {
  const { unsent, ...now } = withoutUnsent(draft, refused)
  const { unsent: _unsent, ...turn } = refused
  return { ...(now.text ? now : turn), ...(unsent && { unsent }) }
}

/**
 * The body of the turn that a draft describes.
 *
 * @param shownId - the picture on the stage, which is edited when nothing was chosen
 */
export function turnOf(draft: Draft, shownId: string | null): CreateTurnInput {
  return {
    instruction: draft.text.trim(),
    images: imagesOf(draft, shownId).map(({ imageId, maskId = null, maskMode = 'keep' }) => ({
      imageId,
      maskId,
      maskMode: maskId ? maskMode : 'keep',
    })),
    parameters: draft.parameters,
    ...(draft.history && { history: draft.history }),
    ...(draft.model && { model: draft.model }),
    ...(draft.replaces && { parentTurnId: draft.replaces.parentTurnId }),
  }
}

/** The pictures of a draft: chosen ones, or the one on the stage when nothing was chosen, then those that the text mentions. */
export function imagesOf({ text, images }: Pick<Draft, 'text' | 'images'>, shownId: string | null): DraftImage[] {
  const chosen = images ?? (shownId ? [{ imageId: shownId }] : [])
  return mentionedIn(text).reduce((all, imageId) => withImage(all, { imageId }), chosen)
}

/** A draft without one of its pictures, and without mentions of it. */
export function withoutImage(draft: Draft, imageId: string, shownId: string | null): Draft {
  return {
    ...draft,
    text: withoutMention(draft.text, imageId),
    images: imagesOf(draft, shownId).filter((image) => image.imageId !== imageId),
  }
}

/**
 * A draft with the picture that another one was made from by adding room, in place of that one; the only one need not be named,
 * as it is on the stage then.
 */
export function withoutRoom(draft: Draft, imageId: string, shownId: string | null): Draft {
  const images = imagesOf(draft, shownId)
  const { from, words } = images.find((image) => image.imageId === imageId)?.extended ?? {}
  if (!from) return draft
  const left = images.filter((image) => image.imageId !== from)
  return {
    ...draft,
    text: draft.text === words ? '' : draft.text,
    images: left.length > 1 ? left.map((image) => (image.imageId === imageId ? { imageId: from } : image)) : null,
  }
}

/** Adds a picture at the end, or at `index`; one that is there already stays where it is. */
export function withImage(images: DraftImage[], image: DraftImage, index = images.length): DraftImage[] {
  return images.some(({ imageId }) => imageId === image.imageId) ? images : images.toSpliced(index, 0, image)
}

/** Moves the picture at `from` to `to`. Index 0 is the picture that is edited. */
export function withMovedImage(images: DraftImage[], from: number, to: number): DraftImage[] {
  const moved = images[from]
  return moved ? images.toSpliced(from, 1).toSpliced(to, 0, moved) : images
}

/** Puts a mask on a picture, or takes it off (null). A picture that is not among them becomes the one that is edited. */
export function withMask(
  images: DraftImage[],
  imageId: string,
  mask: { maskId: string; maskMode: MaskMode } | null,
): DraftImage[] {
  const masked: DraftImage = mask ? { imageId, ...mask } : { imageId }
  if (!images.some((image) => image.imageId === imageId)) return [masked, ...images]
  return images.map((image) => (image.imageId === imageId ? masked : image))
}
