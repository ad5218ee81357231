import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { words } from '../messages/words.js'
import { useGeneration } from '../server/queries.js'
import { IconButton } from '../theme/icon-button.js'

/** A drawer with what the model saw for a generation, its settings, and its reproduction. */
export default function DetailsDrawer({ generationId, onClose }: { generationId: string; onClose(): void }) {
  const generation = useGeneration(generationId)
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content aria-describedby={undefined}>
          <Dialog.Title>{generation?.model}</Dialog.Title>
          <IconButton icon={X} label={words.app.close} onClick={onClose} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
