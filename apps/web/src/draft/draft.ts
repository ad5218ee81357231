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

/** A turn as it is written. */
export interface WrittenTurn {
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
  /** How it went on its way, when nobody has heard whether it arrived. */
  attempt?: Attempt
}

/** An attempt at sending a turn; made again, it creates nothing twice. */
export interface Attempt {
  /** The Idempotency-Key. */
  key: string
  body: CreateTurnInput
  /** Whether it may have arrived: then only its own answer tells, and no later refusal. */
  open?: boolean
}

/** Why a turn was not accepted, in plain words. */
export interface RefusalReason {
  reason: string
  /**
   * `too long`: its beginning could be sent. It may have arrived all the same when it was `unanswered`, when the page was
   * `closed` meanwhile, or when a later try was `put off`. `spent`: another try needs another key.
   */
  kind?: 'too long' | 'unanswered' | 'closed' | 'put off' | 'spent'
}

/** A turn that was not accepted. */
export interface RefusedTurn extends RefusalReason {
  turn: WrittenTurn
  /** Whether it was written in the field again, where it may have been changed since. */
  inField?: boolean
}

/** The next turn of a conversation, as far as it is written, and what has become of those before it. */
export interface Draft extends WrittenTurn {
  /** Turns that are on their way: kept until the server has accepted them, so that a reload loses none. */
  unsent?: WrittenTurn[]
  /** Turns that were not accepted: kept until they are sent again or the person lets them go. */
  refused?: RefusedTurn[]
}

/** A draft without anything in it. */
export const emptyDraft: Draft = { text: '', images: null, parameters: {} }

/** Whether there is nothing in a draft that would be missed. */
export function isEmptyDraft({ text, images, parameters, history, model, replaces, unsent, refused }: Draft): boolean {
  if (text || images !== null || history || model || replaces || unsent?.length || refused?.length) return false
  return Object.keys(parameters).length === 0
}

/** A draft without its turn: the settings stay for the next one. */
export function withoutText(draft: Draft): Draft {
  const { replaces: _replaces, attempt: _attempt, ...settings } = draft
  return { ...settings, text: '', images: null }
}

/** The turn of a draft by itself. */
export function turnIn({ unsent: _unsent, refused: _refused, ...turn }: Draft): WrittenTurn {
  return turn
}

/**
 * A turn with how it goes on its way: as it did before when it has not changed since, so that it is not made twice.
 *
 * @param chosenId - the picture that the person has put on the stage; null: the newest one is there
 */
export function withAttempt(
  turn: WrittenTurn,
  body: CreateTurnInput,
  chosenId: string | null,
): WrittenTurn & { attempt: Attempt } {
  const { attempt } = turn
  // What it goes on from, and what it edits when nothing was chosen, are as they were: if it had arrived, it would go on from
  // itself now, and edit its own picture.
  const { parentTurnId, images } = body
  const since = { parentTurnId, ...(turn.images === null && chosenId === null && { images }) }
  if (attempt && JSON.stringify({ ...attempt.body, ...since }) === JSON.stringify({ ...body, ...since }))
    return { ...turn, attempt }
  return { ...turn, attempt: { key: crypto.getRandomValues(new Uint32Array(4)).join('-'), body } }
}

const draftOf = (turn: WrittenTurn, unsent: WrittenTurn[], refused: RefusedTurn[]): Draft => ({
  ...turn,
  ...(unsent.length > 0 && { unsent }),
  ...(refused.length > 0 && { refused }),
})

/** A draft as a turn goes on its way: the one in the field, or one that was refused. Another one in the field stays. */
export function withUnsent(draft: Draft, turn: WrittenTurn): Draft {
  const { unsent = [], refused = [] } = draft
  const own = draft.text === turn.text
  const left = refused.filter((other) => other.turn.text !== turn.text && !(own && other.inField))
  return draftOf(turnIn(own ? withoutText(draft) : draft), [...unsent, turn], left)
}

/** A draft whose turn on its way has arrived. */
export function withoutUnsent(draft: Draft, sent: WrittenTurn): Draft {
  const { unsent = [], refused = [] } = draft
  return draftOf(
    turnIn(draft),
    unsent.filter((other) => other !== sent),
    refused,
  )
}

const outOfField = ({ inField: _inField, ...refused }: RefusedTurn): RefusedTurn => refused

const mayBeThere = new Set<RefusalReason['kind']>(['unanswered', 'closed', 'put off'])

/** A draft whose turn on its way was refused: it is written in the field again, unless there is another one by now. */
export function withRefused(draft: Draft, turn: WrittenTurn, why: RefusalReason): Draft {
  const { unsent = [], refused = [], ...now } = withoutUnsent(draft, turn)
  const { attempt, ...written } = turn
  const open = mayBeThere.has(why.kind) || (attempt?.open && why.kind !== 'spent')
  const kept = { ...written, ...(attempt && open && { attempt: { ...attempt, open } }) }
  if (now.text || now.images || now.replaces) return draftOf(now, unsent, [...refused, { ...why, turn: kept }])
  return draftOf(kept, unsent, [...refused.map(outOfField), { ...why, turn: kept, inField: true }])
}

/** A draft with a refused turn in the field, in place of what is written there. */
export function withPutBack({ unsent = [], refused = [] }: Draft, back: RefusedTurn): Draft {
  const others = refused.map((other) => (other === back ? { ...other, inField: true } : outOfField(other)))
  return draftOf(back.turn, unsent, others)
}

/** A draft whose refused turn the person lets go. */
export const withoutRefused = (draft: Draft, gone: RefusedTurn): Draft =>
  draftOf(turnIn(draft), draft.unsent ?? [], draft.refused?.filter((other) => other !== gone) ?? [])

/** A draft when the server is in reach again: that it was not is no news, unless only the notice has what was written. */
export function withReached(draft: Draft): Draft {
  const isNews = ({ kind, turn }: RefusedTurn) => kind !== 'unanswered' || turn.text !== draft.text
  const { unsent = [], refused = [] } = draft
  return refused.every(isNews) ? draft : draftOf(turnIn(draft), unsent, refused.filter(isNews))
}

/** A draft as it was kept, when the page is opened again: whether what was on its way has arrived, nobody has heard. */
export const reopened = ({ unsent = [], ...draft }: Draft, reason: string): Draft =>
  unsent.toReversed().reduce<Draft>((now, turn) => withRefused(now, turn, { reason, kind: 'closed' }), draft)

/**
 * The body of the turn that a draft describes.
 *
 * @param shownId - the picture on the stage, which is edited when nothing was chosen
 */
export function turnOf(draft: WrittenTurn, shownId: string | null): CreateTurnInput {
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

/** A draft with a picture that got room in place of the one that it was made from. The others stay as they are by now. */
export function withRoom(draft: Draft, grown: DraftImage & { extended: Extended }): Draft {
  const { from, words } = grown.extended
  const others = imagesOf(draft, from).filter(({ imageId }) => imageId !== from && imageId !== grown.imageId)
  return { ...draft, text: draft.text || words, images: [grown, ...others] }
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
