import {
  AtelierError,
  type ArchivedGeneration,
  type ArchivedImage,
  type ArchivedTurn,
  type Turn,
} from '@atelier/contracts'
import type { GenerationRow, ImageRow, SessionContentRepository, SessionOutline } from '@atelier/database'
import type { ContentImage, SessionContent } from './archive-format.js'

/** A picture of a session with the places of its files. */
export interface StoredImage extends ContentImage {
  objectKey: string
  thumbnailKey: string
}

const turnOf = ({ id, parentTurnId, instruction, images, history, createdAt }: Turn): ArchivedTurn => ({
  id,
  parentTurnId,
  instruction,
  images,
  history,
  createdAt,
})

function generationOf(row: GenerationRow, turns: ReadonlySet<string>): ArchivedGeneration {
  const { id, turnId, attempt, step, seed, parameters, model, lcu, timings, device } = row
  const { reproduction, error, createdAt, startedAt, finishedAt } = row
  const status = row.status as ArchivedGeneration['status']
  // a dropped turn may have been deleted since
  const historyDropped = row.historyDropped.filter((dropped) => turns.has(dropped))
  return {
    id,
    turnId,
    status,
    attempt,
    step,
    seed,
    parameters,
    model,
    lcu,
    historyDropped,
    timings,
    device,
    reproduction,
    error,
    createdAt,
    startedAt,
    finishedAt,
  }
}

const imageOf = (row: ImageRow, made: boolean): StoredImage => ({
  ...row,
  contentType: row.contentType as ArchivedImage['contentType'],
  ...(!made && { generationId: null, index: null }),
})

/** How many rows are in memory at a time. */
const batch = 100

/**
 * Rows by their ids, a batch at a time.
 *
 * @throws AtelierError `unavailable` when one was deleted since the outline was read
 */
async function* inBatches<I, R>(ids: readonly I[], read: (ids: readonly I[]) => Promise<R[]>): AsyncGenerator<R> {
  for (let start = 0; start < ids.length; start += batch) {
    const wanted = ids.slice(start, start + batch)
    const rows = await read(wanted)
    if (rows.length < wanted.length)
      throw new AtelierError('unavailable', 'A part of the session was deleted while it was copied.')
    yield* rows
  }
}

/** What can be copied of a session, read in batches: its turns, their ended generations, and the pictures of both. */
export const contentOf = (content: SessionContentRepository, { turnIds, generationIds, images }: SessionOutline) => ({
  turns: () => inBatches(turnIds, async (ids) => (await content.turns(ids)).map(turnOf)),
  generations: () => {
    const known = new Set(turnIds)
    return inBatches(generationIds, async (ids) =>
      (await content.generations(ids)).map((row) => generationOf(row, known)),
    )
  },
  images: (): AsyncGenerator<StoredImage> =>
    inBatches(images, async (places) => {
      const rows = await content.images(places.map(({ id }) => id))
      const made = new Set(places.filter((place) => place.made).map(({ id }) => id))
      return rows.map((row) => imageOf(row, made.has(row.id)))
    }),
})

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const row of rows) list.push(row)
  return list
}

/** All of it at once, for a copy whose size has been checked. */
export async function collectSession(
  content: SessionContentRepository,
  outline: SessionOutline,
): Promise<SessionContent<StoredImage>> {
  const { turns, generations, images } = contentOf(content, outline)
  const { title, activeTurnId, createdAt, updatedAt } = outline.session
  return {
    session: { title, activeTurnId, createdAt, updatedAt },
    turns: await all(turns()),
    generations: await all(generations()),
    images: await all(images()),
  }
}
