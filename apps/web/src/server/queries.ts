import type { Image, Model } from '@atelier/contracts'
import { AtelierApiError } from '@atelier/client'
import { QueryCache, QueryClient, useQuery } from '@tanstack/react-query'
import { ExternalStore, useStore } from '../app/external-store.js'
import { lookAgain, renewals, signedInAs } from '../app/sign-in-state.js'
import { atelier } from './client.js'
import { isPassing } from './errors.js'

/** Names of what the page has read from the server, for reading it again (`queries.invalidateQueries`). */
export const queryKeys = {
  models: ['models'] as const,
  limits: ['limits'] as const,
  /** Who is signed in. */
  me: ['me'] as const,
  /** All lists of conversations, whatever they search for. */
  sessions: ['sessions'] as const,
  image: (id: string) => ['image', id] as const,
  generation: (id: string) => ['generation', id] as const,
}

/** What the page has read from the server. The client repeats requests by itself, so this does not. */
export const queries = new QueryClient({
  // Whoever shows what was read need not look whether the person is still signed in.
  queryCache: new QueryCache({ onError: (error) => isSignedOut(error) && lookAgain(true) }),
  defaultOptions: {
    // What cannot be read without a network says so; it does not wait without a word.
    queries: {
      retry: false,
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: true,
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

// The same person may have signed in with another key.
signedInAs.subscribe(() => queries.setQueryData(queryKeys.me, signedInAs.state))
renewals.subscribe(() => void queries.invalidateQueries())

/** The models that the server offers; undefined until they are known. */
export function useModels(): Model[] | undefined {
  return useQuery({
    queryKey: queryKeys.models,
    queryFn: ({ signal }) => atelier.models.list({ signal }),
    staleTime: Infinity,
    // Nothing goes without them: asked for until the server is there.
    retry: (_count, error) => isPassing(error),
    retryDelay: (count) => Math.min(3_000 * 2 ** count, 30_000),
  }).data
}

/** A model by its name, by default the server's default one; undefined until it is known. */
export function useModel(name?: string): Model | undefined {
  const models = useModels()
  return models?.find((model) => (name ? model.name === name : model.default)) ?? models?.[0]
}

/** Links of pictures are signed for 15 minutes by default: read again before that. */
const linkMs = 10 * 60_000

/** What reads a picture by its id. */
export const imageQuery = (id: string) => ({
  queryKey: queryKeys.image(id),
  queryFn: ({ signal }: { signal: AbortSignal }) => atelier.images.get(id, { signal }),
  staleTime: linkMs,
})

/** Pictures that were shown, by id: whoever knows only the id need not ask for them. */
const seen = new Map<string, { image: Image; at: number }>()
const maxSeen = 5_000

/** Keeps a picture that is shown, with the links that it came with. */
export function seeImage(image: Image): void {
  if (seen.get(image.id)?.image === image) return
  if (seen.size >= maxSeen) seen.clear()
  seen.set(image.id, { image, at: Date.now() })
}

/** A picture by its id, with links that hold; undefined until it is known, or when there is none. */
export const useImage = (id: string | null | undefined, known?: Image): Image | undefined =>
  useImageQuery(id, known).data

/** As {@link useImage}, with what went wrong. */
export function useImageQuery(id: string | null | undefined, known?: Image) {
  const before = known ? null : seen.get(id ?? '')
  return useQuery({
    queryKey: queryKeys.image(id ?? ''),
    queryFn: ({ signal }) => atelier.images.get(id!, { signal }),
    enabled: Boolean(id) && !known,
    staleTime: linkMs,
    ...(known && { initialData: known }),
    ...(before && { initialData: before.image, initialDataUpdatedAt: before.at }),
  })
}

/** By the link of a thumbnail that had expired: the picture with fresh links. */
const renewed = new ExternalStore<ReadonlyMap<string, Image>>(new Map())

/** A picture with links that hold, as far as they were renewed. */
export const useRenewed = (image: Image): Image => useStore(renewed, (all) => all.get(image.thumbnailUrl)) ?? image

/** Asks for fresh links of a picture; whoever shows it gets them, too. Undefined: there are none. */
export async function renewImage({ id, thumbnailUrl }: Image): Promise<Image | undefined> {
  const queryFn = () => atelier.images.get(id)
  // Without a picture there is its description, so an error needs no words.
  const read = queries.fetchQuery({ queryKey: queryKeys.image(id), queryFn, staleTime: 0 })
  const fresh = await read.catch(() => undefined)
  if (fresh) renewed.set((all) => new Map(all).set(thumbnailUrl, fresh))
  return fresh
}

/** A generation with what the model saw. */
export const useGeneration = (id: string) =>
  useQuery({
    queryKey: queryKeys.generation(id),
    queryFn: ({ signal }) => atelier.generations.get(id, { signal }),
  })

/** Whether an error says that this browser is not signed in any more. */
export const isSignedOut = (error: unknown): boolean =>
  error instanceof AtelierApiError && error.code === 'unauthorized'
