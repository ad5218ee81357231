import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { useRef, useState, type ComponentProps, type MouseEvent } from 'react'

/** A link that failed is asked for again at most this often. */
const retryMs = 60_000

/** A picture by its signed link, which expires: when it cannot be loaded, a fresh link is asked for. */
export function LinkedPicture({
  client,
  image,
  link,
  ...attributes
}: { client: Atelier; image: Image; link: 'url' | 'thumbnailUrl' } & ComponentProps<'img'>) {
  const [fresh, setFresh] = useState(image)
  const asked = useRef(-retryMs)
  const renew = () => {
    if (performance.now() - asked.current < retryMs) return
    asked.current = performance.now()
    // Without a picture there is its description, so an error needs no words.
    client.images.get(image.id).then(setFresh, () => {})
  }
  const current = fresh.id === image.id ? fresh : image
  return <img {...attributes} src={current[link]} onError={renew} />
}

/** Saves a picture to a file by a fresh link. */
export async function savePicture(event: MouseEvent, client: Atelier, { id, url }: Image): Promise<void> {
  event.preventDefault()
  const fresh = await client.images.get(id).catch(() => ({ url }))
  const link = document.createElement('a')
  link.href = fresh.url
  link.download = `${id}.png`
  link.click()
}
