import {
  isTerminal,
  type ArchivedGeneration,
  type ArchivedImage,
  type ArchivedTurn,
  type Session,
} from '@atelier/contracts'
import type { GenerationRow, ImageRow, OwnerRepositories, TurnRow } from '@atelier/database'
import type { ContentImage, SessionContent } from './archive-format.js'

/** A picture of a session with the places of its files. */
export interface StoredImage extends ContentImage {
  objectKey: string
  thumbnailKey: string
}

const turnOf = ({ id, parentTurnId, instruction, images, history, createdAt }: TurnRow): ArchivedTurn => ({
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

/**
 * Collects what can be copied of these turns: the turns, their generations that have ended, and each picture that
 * they used or made, in order of first appearance.
 *
 * @param turns - all turns of the session or some, oldest first
 */
export async function collectSession(
  owner: Pick<OwnerRepositories, 'images'>,
  { title, activeTurnId, createdAt, updatedAt }: Session,
  turns: readonly TurnRow[],
): Promise<SessionContent<StoredImage>> {
  const turnIds = new Set(turns.map(({ id }) => id))
  const ended = turns.map((turn) => turn.generations.filter(({ status }) => isTerminal(status)))
  const made = new Map(ended.flat().flatMap(({ images }) => images.map((row) => [row.id, row] as const)))
  const ids = new Set(
    turns.flatMap((turn, place) => [
      ...turn.images.flatMap(({ imageId, maskId }) => (maskId === null ? [imageId] : [imageId, maskId])),
      ...ended[place]!.flatMap(({ images }) => images.map(({ id }) => id)),
    ]),
  )
  const used = await owner.images.getMany([...ids].filter((id) => !made.has(id)))
  const rows = new Map([...made, ...used.map((row) => [row.id, row] as const)])
  return {
    session: { title, activeTurnId, createdAt, updatedAt },
    turns: turns.map(turnOf),
    generations: ended.flat().map((row) => generationOf(row, turnIds)),
    images: [...ids].flatMap((id) => rows.get(id) ?? []).map((row) => imageOf(row, made.has(row.id))),
  }
}
