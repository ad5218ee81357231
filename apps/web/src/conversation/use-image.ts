import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { useEffect, useState } from 'react'

/** An image by its id, read from the server unless `known`; null until it is there. */
export function useImage(client: Atelier, id: string, known: Image | undefined): Image | null {
  const [image, setImage] = useState<Image | null>(null)
  useEffect(() => {
    if (known) return
    let current = true
    const read = async () => {
      const found = await client.images.get(id)
      if (current) setImage(found)
    }
    // Without its thumbnail a turn is still readable, so an error needs no words.
    read().catch(() => {})
    return () => {
      current = false
    }
  }, [client, id, known])
  return known ?? image
}
