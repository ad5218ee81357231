/** Work in progress that is too large for localStorage, such as a mask that is being painted, by name, in IndexedDB. */
const databaseName = 'atelier'
const table = 'unfinished'

/** The name of a mask in progress. */
export const maskKey = (sessionId: string | null, imageId: string): string => `mask/${sessionId ?? 'new'}/${imageId}`

/** Keeps a value (anything that can be cloned) under a name. A browser that keeps nothing is no error. */
export async function saveUnfinished(key: string, value: unknown): Promise<void> {
  await run('readwrite', (store) => store.put(value, key)).catch(() => {})
}

/** What was kept under a name; undefined: nothing. */
export async function readUnfinished<T>(key: string): Promise<T | undefined> {
  return run('readonly', (store) => store.get(key) as IDBRequest<T | undefined>).catch(() => undefined)
}

/** Forgets what was kept under a name. */
export async function dropUnfinished(key: string): Promise<void> {
  await run('readwrite', (store) => store.delete(key)).catch(() => {})
}

/** Forgets everything: for signing out. */
export async function forgetUnfinished(): Promise<void> {
  await run('readwrite', (store) => store.clear()).catch(() => {})
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(table))
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
