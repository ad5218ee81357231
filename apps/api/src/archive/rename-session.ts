import { newId } from '@atelier/contracts'
import { renameMentions } from '@atelier/conversation'
import type { ContentImage, SessionContent } from './archive-format.js'

/** A new id for each turn, generation and image of the content, by its old one. */
export function newNames({ turns, generations, images }: SessionContent): Map<string, string> {
  // generations created together are ordered by id, so the new ids keep the order of the old ones
  const ids = generations.map(() => newId('generation')).sort()
  return new Map([
    ...turns.map(({ id }) => [id, newId('turn')] as const),
    ...generations.map(({ id }, place) => [id, ids[place]!] as const),
    ...images.map(({ id }) => [id, newId('image')] as const),
  ])
}

/** Replaces ids wherever the content names something; an id without a new one stays. */
export function renameSession<I extends ContentImage>(
  { session, turns, generations, images }: SessionContent<I>,
  names: ReadonlyMap<string, string>,
): SessionContent<I> {
  const named = (id: string): string => names.get(id) ?? id
  const namedOrNull = (id: string | null): string | null => (id === null ? null : named(id))
  const use = <U extends { imageId: string; maskId: string | null }>(image: U): U => ({
    ...image,
    imageId: named(image.imageId),
    maskId: namedOrNull(image.maskId),
  })
  return {
    session: { ...session, activeTurnId: namedOrNull(session.activeTurnId) },
    turns: turns.map((turn) => ({
      ...turn,
      id: named(turn.id),
      parentTurnId: namedOrNull(turn.parentTurnId),
      instruction: renameMentions(turn.instruction, named),
      images: turn.images.map(use),
    })),
    generations: generations.map((generation) => ({
      ...generation,
      id: named(generation.id),
      turnId: named(generation.turnId),
      lcu: generation.lcu.map((unit) => ({ ...unit, turnId: named(unit.turnId), images: unit.images.map(use) })),
      historyDropped: generation.historyDropped.map(named),
      reproduction: generation.reproduction && {
        ...generation.reproduction,
        generationId: named(generation.reproduction.generationId),
      },
    })),
    images: images.map((image) => ({
      ...image,
      id: named(image.id),
      generationId: namedOrNull(image.generationId),
    })),
  }
}
