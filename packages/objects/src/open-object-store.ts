import { FolderStore, type FolderSettings } from './folder-store.js'
import type { ObjectStore } from './object-store.js'
import { S3Store, type S3Settings } from './s3-store.js'

/** Which store, and where. */
export type ObjectStoreSettings = ({ kind: 'folder' } & FolderSettings) | ({ kind: 's3' } & S3Settings)

/** Opens the store that the settings name. @throws when a folder cannot be made */
export async function openObjectStore(settings: ObjectStoreSettings): Promise<ObjectStore> {
  return settings.kind === 'folder' ? FolderStore.open(settings) : new S3Store(settings)
}
