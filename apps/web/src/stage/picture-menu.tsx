import type { Image } from '@atelier/contracts'
import { Download, Ellipsis } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import type { MadePicture } from '../conversation/conversation-state.js'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { IconButton } from '../theme/icon-button.js'
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
      <Menu icon={<IconButton icon={Download} label={words.stage.download} />}>
        {(Object.keys(pictureFormats) as PictureFormat[]).map((format) => (
          <Item key={format} onSelect={() => actions.save(format)}>
            {words.stage.downloadAs(format)}
          </Item>
        ))}
        {isSmall(image) && (
          <Item onSelect={() => actions.save('PNG', enlarge)}>
            {words.stage.downloadLarger(image.width * enlarge, image.height * enlarge)}
          </Item>
        )}
      </Menu>
      <Menu icon={<IconButton icon={Ellipsis} label={words.stage.more} />}>
        <Item onSelect={actions.edit}>{words.stage.editThis}</Item>
        <Item onSelect={actions.asReference}>{words.stage.asReference}</Item>
        <Item onSelect={actions.asMask}>{words.stage.asMask}</Item>
        <DropdownMenu.Separator className={controls.menuLine} />
        <Item onSelect={actions.copyPicture}>{words.stage.copyPicture}</Item>
        {made && (
          <>
            <Item onSelect={actions.copyLink}>{words.stage.copyLink}</Item>
            <Item onSelect={actions.copySeed}>{words.stage.copySeed}</Item>
            <Item onSelect={actions.copySettings}>{words.stage.copySettings}</Item>
          </>
        )}
      </Menu>
    </>
  )
}

function Menu({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{icon}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={controls.menu} align="end" sideOffset={4} collisionPadding={8}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Item({ onSelect, children }: { onSelect(): void; children: ReactNode }) {
  return (
    <DropdownMenu.Item className={controls.menuItem} onSelect={onSelect}>
      {children}
    </DropdownMenu.Item>
  )
}
