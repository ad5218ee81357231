import { ObjectNotFoundError, type ObjectStore } from './object-store.js'

/** Called after each call to the store: its method, how it ended, and how long it took in seconds. */
export type OnStoreCall = (operation: string, result: 'ok' | 'missing' | 'failed', seconds: number) => void

const watched = ['put', 'get', 'head', 'delete', 'check'] as const

/** The same store, each of whose calls is told of. */
export function watchStore(store: ObjectStore, onCall: OnStoreCall): ObjectStore {
  const watch =
    (name: (typeof watched)[number]) =>
    async (...args: unknown[]) => {
      const begin = performance.now()
      const tell = (result: Parameters<OnStoreCall>[1]) => onCall(name, result, (performance.now() - begin) / 1000)
      try {
        const answer = await (store[name] as (...args: unknown[]) => Promise<unknown>)(...args)
        tell('ok')
        return answer
      } catch (error) {
        tell(error instanceof ObjectNotFoundError ? 'missing' : 'failed')
        throw error
      }
    }
  return Object.assign(
    Object.create(store) as ObjectStore,
    Object.fromEntries(watched.map((name) => [name, watch(name)])),
  )
}
