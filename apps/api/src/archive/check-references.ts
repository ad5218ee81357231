import {
  countCharacters,
  maxConditionImages,
  maxInstructionLength,
  type Archive,
  type ArchivedGeneration,
  type ArchivedImage,
  type ArchivedTurn,
  type TurnImage,
} from '@atelier/contracts'
import { readMentions } from '@atelier/conversation'
import { archiveInvalid, archivePaths } from './archive-format.js'

const outside = (path: string) => archiveInvalid(path, 'names something that is not in the archive')

/** Rows by id. @throws AtelierError `archive_invalid` for an id that comes twice */
function byId<T extends { id: string }>(rows: readonly T[], path: string): Map<string, T> {
  const known = new Map<string, T>()
  for (const [index, row] of rows.entries()) {
    if (known.has(row.id)) throw archiveInvalid(`${path}.${index}.id`, 'is there twice')
    known.set(row.id, row)
  }
  return known
}

function checkImages(images: readonly TurnImage[], path: string, known: ReadonlyMap<string, ArchivedImage>): void {
  if (images.length > maxConditionImages) throw archiveInvalid(path, `has more than ${maxConditionImages} images`)
  for (const [index, { imageId, maskId }] of images.entries()) {
    const at = `${path}.${index}`
    const image = known.get(imageId)
    if (!image) throw outside(`${at}.imageId`)
    if (maskId === null) continue
    const mask = known.get(maskId)
    if (!mask) throw outside(`${at}.maskId`)
    if (mask.kind !== 'mask') throw archiveInvalid(`${at}.maskId`, 'names a picture that is not a mask')
    if (mask.width !== image.width || mask.height !== image.height) {
      throw archiveInvalid(`${at}.maskId`, 'names a mask of another size than its image')
    }
  }
}

function checkTurns(turns: readonly ArchivedTurn[], images: ReadonlyMap<string, ArchivedImage>): void {
  const earlier = new Set<string>()
  for (const [index, turn] of turns.entries()) {
    const path = `turns.${index}`
    const length = turn.instruction.trim() ? countCharacters(turn.instruction, maxInstructionLength) : 0
    if (length === 0 || length > maxInstructionLength) {
      throw archiveInvalid(`${path}.instruction`, `has ${length} characters, not 1 to ${maxInstructionLength}`)
    }
    if (turn.parentTurnId !== null && !earlier.has(turn.parentTurnId)) {
      throw archiveInvalid(`${path}.parentTurnId`, 'names no turn that comes before')
    }
    checkImages(turn.images, `${path}.images`, images)
    // what other spellings mention was plain words when older archives were made
    const plain = readMentions(turn.instruction).filter(({ mention, imageId }) => mention === `@${imageId}`)
    if (!plain.every(({ imageId }) => images.has(imageId!))) throw outside(`${path}.instruction`)
    earlier.add(turn.id)
  }
}

function checkGeneration(
  generation: ArchivedGeneration,
  path: string,
  known: {
    turns: ReadonlyMap<string, unknown>
    generations: ReadonlyMap<string, unknown>
    images: ReadonlyMap<string, ArchivedImage>
  },
): void {
  const { turnId, lcu, historyDropped, reproduction } = generation
  if (!known.turns.has(turnId)) throw outside(`${path}.turnId`)
  if (lcu.at(-1)?.turnId !== turnId) {
    throw archiveInvalid(`${path}.lcu`, 'does not end with the turn of its generation')
  }
  for (const [place, unit] of lcu.entries()) {
    if (!known.turns.has(unit.turnId)) throw outside(`${path}.lcu.${place}.turnId`)
    checkImages(unit.images, `${path}.lcu.${place}.images`, known.images)
  }
  if (lcu.reduce((sum, { images }) => sum + images.length, 0) > maxConditionImages) {
    throw archiveInvalid(`${path}.lcu`, `has more than ${maxConditionImages} images`)
  }
  if (!historyDropped.every((id) => known.turns.has(id))) throw outside(`${path}.historyDropped`)
  if (reproduction && !known.generations.has(reproduction.generationId)) throw outside(`${path}.reproduction`)
}

/** What is wrong with an image's place in the session, undefined when nothing is. */
function problemOf(
  image: ArchivedImage,
  known: {
    used: ReadonlySet<string | null>
    generations: ReadonlyMap<string, ArchivedGeneration>
    /** Generation and index of the images before this one. */
    places: Set<string>
  },
): string | undefined {
  const { id, kind, generationId, index, file, thumbnail } = image
  const paths = archivePaths(image)
  if (file !== paths.file || thumbnail !== paths.thumbnail) return 'has files of other names than its own'
  if ((generationId === null) !== (index === null)) return 'has a generation or an index without the other'
  if (generationId === null) return known.used.has(id) ? undefined : 'was neither used nor made in the session'
  if (known.generations.get(generationId)?.status !== 'succeeded') return 'was made by no generation that succeeded'
  if (kind !== 'generated') return 'was made by a generation but is not of that kind'
  const place = `${generationId} ${index}`
  if (known.places.has(place)) return 'has the place of another image of its generation'
  known.places.add(place)
  return undefined
}

function checkPlaces({ images, turns }: Archive, generations: ReadonlyMap<string, ArchivedGeneration>): void {
  const used = new Set(turns.flatMap((turn) => turn.images.flatMap(({ imageId, maskId }) => [imageId, maskId])))
  const known = { used, generations, places: new Set<string>() }
  for (const [number, image] of images.entries()) {
    const problem = problemOf(image, known)
    if (problem !== undefined) throw archiveInvalid(`images.${number}`, problem)
  }
}

/**
 * Checks that everything that an archive names is inside it, that its turns are a tree whose parents come first, and
 * that the limits of turns hold.
 *
 * @throws AtelierError `archive_invalid` naming the first field that does not fit
 */
export function checkReferences(archive: Archive): void {
  const images = byId(archive.images, 'images')
  const turns = byId(archive.turns, 'turns')
  const generations = byId(archive.generations, 'generations')
  const { activeTurnId } = archive.session
  if (activeTurnId !== null && !turns.has(activeTurnId)) throw outside('session.activeTurnId')
  checkTurns(archive.turns, images)
  for (const [index, generation] of archive.generations.entries()) {
    checkGeneration(generation, `generations.${index}`, { turns, generations, images })
  }
  checkPlaces(archive, generations)
}
