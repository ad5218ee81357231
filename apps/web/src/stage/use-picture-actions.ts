import type { Image } from '@atelier/contracts'
import { announce } from '../app/announcer.js'
import { copyText } from '../app/copy-text.js'
import { linkTo, useAddress } from '../app/address.js'
import { fail } from '../app/failure.js'
import { toast } from '../app/toasts.js'
import type { MadePicture } from '../conversation/conversation-state.js'
import { conversationStore } from '../conversation/conversation-store.js'
import { nameOfMade, nameOfUploaded } from '../conversation/picture-names.js'
import { imagesOf } from '../draft/draft.js'
import { draftStore } from '../draft/draft-store.js'
import { maskKey } from '../draft/unfinished.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { readMask } from './mask/mask-file.js'
import { keepMask } from './mask/use-mask-document.js'
import { canCopy, copyPicture, savePicture, settingsText, type PictureFormat } from './save-picture.js'
import { newestIdOf, shownIdOf, useStageActions } from './stage-store.js'

/** What can be done with a picture from its menu. Errors are told. */
export interface PictureActions {
  save(format: PictureFormat, enlarge?: number): void
  copyPicture(): void
  /** The last three need a picture that this conversation has made. */
  copyLink(): void
  copySeed(): void
  copySettings(): void
  /** The next turn edits it; what it has besides become references. */
  edit(): void
  /** The next turn takes it as a further picture. */
  asReference(): void
  /** Its bright parts become the mask of the picture that is edited next. */
  asMask(): void
}

/** See {@link PictureActions}. */
export function usePictureActions(image: Image, made: MadePicture | undefined): PictureActions {
  const { sessionId } = useAddress()
  const { setImages } = useDraftActions()
  const { show } = useStageActions()
  /** The pictures of the next turn: this one, with its mask, and the others. */
  const split = () => {
    const images = imagesOf(draftStore(sessionId).state, shownIdOf(sessionId))
    const own = images.find(({ imageId }) => imageId === image.id) ?? { imageId: image.id }
    return { own, others: images.filter(({ imageId }) => imageId !== image.id) }
  }
  const attempt = (act: () => Promise<string | void>) => () => {
    act().then((done) => {
      if (done) toast(done)
    }, fail)
  }
  const copying = (text: () => string, done: string) => () => void copyText(text(), done)
  const { copied } = words.stage
  return {
    save: (format, enlarge) => {
      const name = made ? nameOfMade(made) : nameOfUploaded(image.id)
      attempt(() => savePicture(image, name, format, enlarge))()
    },
    copyPicture: attempt(async () => {
      if (!canCopy()) return words.stage.noClipboard
      await copyPicture(image)
      return copied.picture
    }),
    copyLink: copying(() => linkTo(sessionId!, made!.turn.id), copied.link),
    copySeed: copying(() => String(made!.generation.seed), copied.seed),
    copySettings: copying(() => settingsText(made!.generation), copied.settings),
    edit: () => {
      const { own, others } = split()
      setImages([own, ...others])
      announce(words.stage.edited)
    },
    asReference: () => {
      const { own, others } = split()
      // what it is a reference for: what is edited already, the newest picture, or what this one was made from
      const newest = newestIdOf(conversationStore(sessionId).state)
      const other = [newest, made?.turn.images[0]?.imageId].find((id) => id && id !== image.id)
      if (!others.length && !other) return void toast(words.stage.onlyReference)
      setImages([...(others.length ? others : [{ imageId: other! }]), own])
      announce(words.stage.usedAsReference)
    },
    asMask: attempt(async () => {
      const { others } = split()
      // what is edited next, or what this picture was made from: a mask belongs on another picture than itself
      const candidates = [...others, ...(made?.turn.images ?? [])].map(({ imageId }) => imageId)
      const target = candidates.find((id) => id !== image.id) ?? image.id
      const size = target === image.id ? image : await atelier.images.get(target)
      const raster = await readMask(image.id, size)
      if (!raster.marked) return words.mask.nothingBright
      await keepMask(maskKey(sessionId, target), raster, 'keep')
      if (!others.some(({ imageId }) => imageId === target)) setImages([{ imageId: target }])
      show(target, 'mask')
      announce(words.mask.fromPicture)
    }),
  }
}
