import type { ObjectStore } from '@atelier/objects'

/** Origin of a store's signed URLs when they lead elsewhere than to this API; the page's policy has to allow it. */
export async function originOf(objects: Pick<ObjectStore, 'url'>): Promise<string | undefined> {
  const url = await objects.url('images/origin.png')
  return url.startsWith('/') ? undefined : new URL(url).origin
}
