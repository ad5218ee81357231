import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { words } from '../messages/words.js'
import { IconButton } from '../theme/icon-button.js'

/** The tree of the conversation, with thumbnails to jump by. */
export default function ConversationMap({ onClose }: { onClose(): void }) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content aria-describedby={undefined}>
          <Dialog.Title>{words.app.conversations}</Dialog.Title>
          <IconButton icon={X} label={words.app.close} onClick={onClose} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
