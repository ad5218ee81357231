import {
  archiveManifestName,
  archiveSchema,
  AtelierError,
  type Archive,
  type ArchivedGeneration,
  type Manifest,
} from '@atelier/contracts'
import { checkParameters } from '@atelier/conversation'
import { checkText } from '../check-text.js'
import { archiveInvalid, manifestBytes, maxEntries } from './archive-format.js'
import { checkReferences } from './check-references.js'
import { ZipReader } from './zip-reader.js'

/** Most rows of an archive: what one transaction stores in about half of the time that it has. */
export const archiveRows = { turns: 10_000, generations: 10_000, images: 10_000 }
/** About how many bytes of JSON are parsed in one turn of the event loop: 5 ms. */
const chunkBytes = 256 * 1024

/** What a model's records are checked against; of the models that are served here. */
export type CheckedModel = Pick<Manifest, 'name' | 'limits' | 'samplers' | 'fast'>

function parse(bytes: Uint8Array): Archive {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    checkRows(value as { [Name in keyof typeof archiveRows]?: unknown } | null)
    checkText(value)
    const parsed = archiveSchema.safeParse(value)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    throw archiveInvalid(issue.path.join('.') || archiveManifestName, `does not fit: ${issue.message}`)
  } catch (error) {
    if (error instanceof AtelierError && error.code !== 'invalid_request') throw error
    throw archiveInvalid(archiveManifestName, 'is no JSON that can be stored', error)
  }
}

/** @throws AtelierError `archive_too_large` */
function checkRows(value: { [Name in keyof typeof archiveRows]?: unknown } | null): void {
  for (const [name, most] of Object.entries(archiveRows)) {
    const rows = value?.[name as keyof typeof archiveRows]
    if (!Array.isArray(rows) || rows.length <= most) continue
    const message = `The conversation has ${rows.length} ${name}; an import may have ${most}.`
    throw new AtelierError('archive_too_large', message, { field: name, count: rows.length, max: most })
  }
}

/** A record may be run again, so it must be one that could have been asked for. Other servers' models cannot be run. */
function checkRecord({ model, parameters, step }: ArchivedGeneration, path: string, models: readonly CheckedModel[]) {
  if (step > parameters.steps) throw archiveInvalid(`${path}.step`, 'is after the last step')
  const served = models.find(({ name }) => name === model)
  if (!served) return
  try {
    checkParameters(parameters, served)
  } catch (error) {
    if (!(error instanceof AtelierError)) throw error
    throw archiveInvalid(`${path}.parameters`, `cannot be used with ${model} (${error.code})`, error)
  }
}

/** Parts of a list as JSON, each about {@link chunkBytes} long. */
function chunksOf(rows: readonly unknown[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let texts: string[] = []
  let length = 0
  for (const row of rows) {
    const text = JSON.stringify(row)
    texts.push(text)
    length += text.length
    if (length < chunkBytes) continue
    chunks.push(Buffer.from(`[${texts.join()}]`))
    ;[texts, length] = [[], 0]
  }
  return [...chunks, Buffer.from(`[${texts.join()}]`)]
}

/** A checked archive in parts, so that whoever reads it can do other things between two of them. */
export interface ManifestParts {
  head: Pick<Archive, 'format' | 'session'>
  /** JSON of parts of each list, in order. */
  lists: Record<keyof typeof archiveRows, Uint8Array[]>
}

/**
 * Reads and checks what an archive says: its form, its size, that everything it names is inside, and that its records are within
 * the limits of the models. It takes seconds for the largest archive: for a work process.
 *
 * @param path - the archive's file
 * @throws AtelierError `archive_invalid`, `archive_too_large`
 */
export async function checkManifest(path: string, models: readonly CheckedModel[]): Promise<ManifestParts> {
  const zip = await ZipReader.open(path, maxEntries)
  const archive = parse(await zip.read(archiveManifestName, manifestBytes).finally(() => zip.close()))
  checkReferences(archive)
  for (const [index, record] of archive.generations.entries()) checkRecord(record, `generations.${index}`, models)
  const { format, session, turns, generations, images } = archive
  return {
    head: { format, session },
    lists: { turns: chunksOf(turns), generations: chunksOf(generations), images: chunksOf(images) },
  }
}

/** The archive whose parts these are. Lets the event loop go on after each part. */
export async function joinManifest({ head, lists }: ManifestParts): Promise<Archive> {
  const rows: Record<keyof typeof archiveRows, unknown[]> = { turns: [], generations: [], images: [] }
  for (const name of Object.keys(rows) as (keyof typeof rows)[]) {
    for (const chunk of lists[name]) {
      for (const row of JSON.parse(Buffer.from(chunk).toString()) as unknown[]) rows[name].push(row)
      await new Promise(setImmediate)
    }
  }
  return { ...head, ...rows } as Archive
}
