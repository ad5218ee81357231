import { keptUnder } from '../app/address.js'

/** Work in progress that is too large for localStorage, such as a mask that is being painted, by name, in IndexedDB. */
const databaseName = `${keptUnder}-unfinished`
const table = 'unfinished'
/** More than this are not kept: the ones that were changed longest ago go first. */
const maxKept = 50

/** The name of a mask in progress. */
export const maskKey = (sessionId: string | null, imageId: string): string => `mask/${sessionId ?? 'new'}/${imageId}`

/** The name of the room that is being added around a picture. */
export const frameKey = (sessionId: string | null, imageId: string): string => `frame/${sessionId ?? 'new'}/${imageId}`

/** Keeps a value (anything that can be cloned) under a name. A browser that keeps nothing is no error. */
export async function saveUnfinished(key: string, value: unknown): Promise<void> {
  await run('readwrite', (store) => {
    const put = store.put({ value, at: Date.now() } satisfies Kept, key)
    const count = store.count()
    count.addEventListener('success', () => {
      if (count.result <= maxKept) return
      const oldest = store.index('at').openKeyCursor()
      oldest.addEventListener('success', () => oldest.result && store.delete(oldest.result.primaryKey))
    })
    return put
  }).catch(() => {})
}

/** What was kept under a name; undefined: nothing. */
export async function readUnfinished<T>(key: string): Promise<T | undefined> {
  const kept = await run('readonly', (store) => store.get(key) as IDBRequest<Kept | undefined>).catch(() => undefined)
  return kept?.value as T | undefined
}

/** Forgets what was kept under a name. */
export async function dropUnfinished(key: string): Promise<void> {
  await run('readwrite', (store) => store.delete(key)).catch(() => {})
}

/** Forgets everything: for signing out. */
export async function forgetUnfinished(): Promise<void> {
  await run('readwrite', (store) => store.clear()).catch(() => {})
}

/** A value, and when it was kept. */
interface Kept {
  value: unknown
  at: number
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(table).createIndex('at', 'at'))
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB')))
  })
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(table, mode)
      const request = act(transaction.objectStore(table))
      transaction.addEventListener('complete', () => resolve(request.result))
      transaction.addEventListener('error', () => reject(transaction.error ?? new Error('IndexedDB')))
    })
  } finally {
    database.close()
  }
}
