import { AtelierError } from '@atelier/contracts'
import { ObjectNotFoundError, type ObjectStore } from '@atelier/objects'

/** An object of a picture. @throws AtelierError `image_unreadable` when it is missing */
export async function readObject(objects: Pick<ObjectStore, 'get'>, key: string): Promise<Uint8Array> {
  return objects.get(key).catch((error: unknown) => {
    throw error instanceof ObjectNotFoundError
      ? new AtelierError('image_unreadable', undefined, undefined, { cause: error })
      : error
  })
}
