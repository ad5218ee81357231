import type { Image } from '@atelier/contracts'
import { Download, Ellipsis } from 'lucide-react'
import type { MadePicture } from '../conversation/conversation-state.js'
import { words } from '../messages/words.js'
import { IconButton } from '../theme/icon-button.js'
import { Menu, MenuItem, MenuLine } from '../theme/menu.js'
import { isSmall } from './picture-scale.js'
import { pictureFormats, type PictureFormat } from './save-picture.js'
import { usePictureActions } from './use-picture-actions.js'

/** What the menus are about. */
export interface PictureMenuProps {
  image: Image
  /** Where the conversation made it; undefined for an uploaded picture. */
  made: MadePicture | undefined
}

/** Side that a small picture is enlarged to for saving, about, in pixels. */
const largerSide = 1024

/** The menus of a picture: saving it, copying it and what belongs to it, and using it for the next turn. */
export function PictureMenu({ image, made }: PictureMenuProps) {
  const actions = usePictureActions(image, made)
  const enlarge = Math.floor(largerSide / Math.max(image.width, image.height))
  return (
    <>
      <Menu align="end" trigger={<IconButton icon={Download} label={words.stage.download} />}>
        {(Object.keys(pictureFormats) as PictureFormat[]).map((format) => (
          <MenuItem key={format} onSelect={() => actions.save(format)}>
            {words.stage.downloadAs(format)}
          </MenuItem>
        ))}
        {isSmall(image) && (
          <MenuItem onSelect={() => actions.save('PNG', enlarge)}>
            {words.stage.downloadLarger(image.width * enlarge, image.height * enlarge)}
          </MenuItem>
        )}
      </Menu>
      <Menu align="end" trigger={<IconButton icon={Ellipsis} label={words.stage.more} />}>
        <MenuItem onSelect={actions.edit}>{words.stage.editThis}</MenuItem>
        <MenuItem onSelect={actions.asReference}>{words.stage.asReference}</MenuItem>
        <MenuItem onSelect={actions.asMask}>{words.stage.asMask}</MenuItem>
        <MenuLine />
        <MenuItem onSelect={actions.copyPicture}>{words.stage.copyPicture}</MenuItem>
        {made && (
          <>
            <MenuItem onSelect={actions.copyLink}>{words.stage.copyLink}</MenuItem>
            <MenuItem onSelect={actions.copySeed}>{words.stage.copySeed}</MenuItem>
            <MenuItem onSelect={actions.copySettings}>{words.stage.copySettings}</MenuItem>
          </>
        )}
      </Menu>
    </>
  )
}
