import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import { madePictures, type MadePicture } from './conversation-state.js'
import { useConversationState } from './conversation-store.js'
import { fileNameOf } from './file-names.js'
import { plainInstruction } from './mentions.js'

/** What a picture that the conversation has made is called: by the instruction that made it. */
export const nameOfMade = ({ turn }: Pick<MadePicture, 'turn'>): string => plainInstruction(turn.instruction)

/** What an uploaded picture is called: by its file, where this browser knows it. */
export const nameOfUploaded = (imageId: string): string => fileNameOf(imageId) ?? words.conversation.uploadedPicture

/** What a picture is called: by the instruction that made it, or as one that was uploaded. */
export function usePictureName(imageId: string | null): string {
  const made = useConversationState((state) => madePictures(state).find(({ image }) => image.id === imageId))
  const image = useImage(imageId, made?.image)
  if (made) return nameOfMade(made)
  return image?.kind === 'generated' ? words.conversation.earlierPicture : nameOfUploaded(imageId ?? '')
}
