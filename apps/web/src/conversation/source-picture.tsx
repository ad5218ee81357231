import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { useImage } from './use-image.js'

/** A small view of a picture that a turn edits. */
export function SourcePicture({ client, id, known }: { client: Atelier; id: string; known: Image | undefined }) {
  const image = useImage(client, id, known)
  if (!image) return null
  const alt = image.kind === 'uploaded' ? 'Uploaded picture' : 'Earlier picture'
  return <img className="source" src={image.thumbnailUrl} width={40} height={40} alt={alt} />
}
