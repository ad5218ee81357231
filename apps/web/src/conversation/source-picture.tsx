import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { useImage } from './use-image.js'

/** A small view of a picture that a turn edits. */
export function SourcePicture({ client, id, known }: { client: Atelier; id: string; known: Image | undefined }) {
  const image = useImage(client, id, known)
  return image && <img className="source" src={image.thumbnailUrl} width={40} height={40} alt={image.kind === 'uploaded' ? 'Uploaded picture' : 'Earlier picture'} />
}
