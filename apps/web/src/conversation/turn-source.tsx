import type { TurnImage } from '@atelier/contracts'
import type { ComponentProps } from 'react'
import { useAddress } from '../app/address.js'
import { draftStore } from '../draft/draft-store.js'
import { dropUnfinished, maskKey } from '../draft/unfinished.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import { MaskOver } from '../stage/mask/mask-over.js'
import { useStageActions } from '../stage/stage-store.js'
import { Menu, MenuItem } from '../theme/menu.js'
import { usePictureName } from './picture-names.js'
import { Picture } from './picture.js'
import styles from './turn-source.module.css'

/** A small view of a picture that a turn uses, with its mask, which can be used again. */
export function TurnSource({ source }: { source: TurnImage }) {
  const { imageId, maskId, maskMode } = source
  const { sessionId } = useAddress()
  const { setMask, setImages } = useDraftActions()
  const { show } = useStageActions()
  if (!maskId) return <Thumbnail source={source} onClick={() => show(imageId)} />
  const use = async (edit: boolean) => {
    // the mask that is unfinished on this picture would come before it
    await dropUnfinished(maskKey(sessionId, imageId))
    if (draftStore(sessionId).state.images === null) setImages([{ imageId, maskId, maskMode }])
    else setMask(imageId, { maskId, maskMode })
    show(imageId, edit ? 'mask' : 'look')
  }
  return (
    <Menu align="end" trigger={<Thumbnail source={source} />}>
      <MenuItem onSelect={() => show(imageId)}>{words.conversation.showOnStage}</MenuItem>
      <MenuItem onSelect={() => void use(false)}>{words.mask.again}</MenuItem>
      <MenuItem onSelect={() => void use(true)}>{words.mask.editAgain}</MenuItem>
    </Menu>
  )
}

function Thumbnail({ source, ...button }: { source: TurnImage } & ComponentProps<'button'>) {
  const { imageId, maskId, maskMode } = source
  const image = useImage(imageId)
  const name = usePictureName(imageId)
  if (!image) return null
  const { width, height } = image
  return (
    <button
      type="button"
      {...button}
      className={styles.source}
      style={{
        aspectRatio: `${width} / ${height}`,
        ...(width > height ? { inlineSize: '2.5rem' } : { blockSize: '2.5rem' }),
      }}
    >
      <Picture image={image} link="thumbnailUrl" alt={maskId ? words.conversation.withMask(name) : name} />
      {maskId && <MaskOver maskId={maskId} mode={maskMode} size={image} />}
    </button>
  )
}
