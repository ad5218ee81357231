import type { MaskMode, ParametersRequest, TurnInTree } from '@atelier/contracts'
import { useMemo } from 'react'
import { useAddress } from '../app/address.js'
import { useStore } from '../app/external-store.js'
import { mentionedIn } from '../conversation/mentions.js'
import { shownIdOf, useShownId } from '../stage/stage-store.js'
import {
  imagesOf,
  withImage,
  withMask,
  withMovedImage,
  withoutImage,
  withoutRoom,
  withoutText,
  type Draft,
  type DraftImage,
} from './draft.js'
import { draftStore } from './draft-store.js'

/** What can be done with the draft of the conversation. All of it is kept at once. */
export interface DraftActions {
  setText(text: string): void
  /** Adds a picture: behind the others as a reference, or with `index` 0 as the one that is edited. */
  addImage(imageId: string, index?: number): void
  removeImage(imageId: string): void
  /** Moves the picture at one place to another; place 0 is edited. */
  moveImage(from: number, to: number): void
  /** The pictures, all of them; null: the one on the stage again. */
  setImages(images: DraftImage[] | null): void
  /** Puts an uploaded mask on a picture, or takes it off (null). A picture not yet used becomes the one that is edited. */
  setMask(imageId: string, mask: { maskId: string; maskMode: MaskMode } | null): void
  /** Takes the room off a picture again: the turn uses the one that it was made from. */
  removeRoom(imageId: string): void
  /** Sets a parameter; undefined puts it back to the model's default. */
  setParameter<Name extends keyof ParametersRequest>(name: Name, value: ParametersRequest[Name]): void
  setHistory(history: Draft['history']): void
  setModel(model: string | undefined): void
  /** Takes over the instruction, pictures and history of a turn, to send it again in its place (as a sibling). */
  edit(turn: TurnInTree): void
  /** What can be taken back by `setDraft(before)`. */
  setDraft(draft: Draft): void
}

const mentionsOf = ({ text }: Draft) =>
  mentionedIn(text)
    .map((id) => `@${id}`)
    .join(' ')

/** The pictures of the turn as it would be sent now; they stay the same while other things are typed than mentions. */
export function useDraftImages(): DraftImage[] {
  const { sessionId } = useAddress()
  const images = useStore(draftStore(sessionId), (draft) => draft.images)
  const text = useStore(draftStore(sessionId), mentionsOf)
  const shownId = useShownId()
  return useMemo(() => imagesOf({ text, images }, shownId), [text, images, shownId])
}

/** The draft of this conversation, what its pictures come down to, and what can be done with it. */
export function useDraft(): DraftActions & {
  draft: Draft
  /** The pictures of the turn as it would be sent now: chosen ones, or the one on the stage. */
  images: DraftImage[]
} {
  const { sessionId } = useAddress()
  const draft = useStore(draftStore(sessionId), (state) => state)
  const actions = useDraftActions()
  const images = useDraftImages()
  return { draft, images, ...actions }
}

/** The operations alone; they stay the same while the conversation does, and using them does not follow the typing. */
export function useDraftActions(): DraftActions {
  const { sessionId } = useAddress()
  return useMemo(() => {
    const store = draftStore(sessionId)
    const change = (fields: Partial<Draft>) => store.set((draft) => ({ ...draft, ...fields }))
    const changeImages = (act: (images: DraftImage[]) => DraftImage[]) =>
      store.set((draft) => ({ ...draft, images: act(imagesOf(draft, shownIdOf(sessionId))) }))
    return {
      // What is written from nothing is another turn, even in the same words.
      setText: (text) =>
        store.set(({ attempt, ...draft }) => ({ ...draft, text, ...(text && attempt && { attempt }) })),
      addImage: (imageId, index) => changeImages((images) => withImage(images, { imageId }, index)),
      removeImage: (imageId) => store.set((draft) => withoutImage(draft, imageId, shownIdOf(sessionId))),
      moveImage: (from, to) => changeImages((images) => withMovedImage(images, from, to)),
      setImages: (images) => change({ images }),
      setMask: (imageId, mask) => {
        const { images } = store.state
        // the picture on the stage was only named for its mask: without one it need not be
        const alone = images?.length === 1 && images[0]?.imageId === imageId && shownIdOf(sessionId) === imageId
        if (mask || !alone) changeImages((now) => withMask(now, imageId, mask))
        else change({ images: null })
      },
      removeRoom: (imageId) => store.set((draft) => withoutRoom(draft, imageId, shownIdOf(sessionId))),
      setParameter: (name, value) =>
        store.set((draft) => {
          const { [name]: _before, ...others } = draft.parameters
          return { ...draft, parameters: value === undefined ? others : { ...others, [name]: value } }
        }),
      setHistory: (history) =>
        store.set(({ history: _history, ...draft }) => (history ? { ...draft, history } : draft)),
      setModel: (model) => store.set(({ model: _model, ...draft }) => (model ? { ...draft, model } : draft)),
      edit: ({ id, parentTurnId, instruction, images }) =>
        store.set((draft) => ({
          ...withoutText(draft),
          text: instruction,
          images: images.map(({ imageId, maskId, maskMode }) => (maskId ? { imageId, maskId, maskMode } : { imageId })),
          replaces: { turnId: id, parentTurnId },
        })),
      setDraft: (draft) => store.set(draft),
    }
  }, [sessionId])
}
