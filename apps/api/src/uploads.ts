import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AtelierError } from '@atelier/contracts'
import type { Multipart } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { Spool } from './spool.js'

/** Whether a picture is uploaded to be edited, or says what to edit in another. */
export type Purpose = 'image' | 'mask'

const invalid = (path: string, message: string) => new AtelierError('invalid_request', undefined, [{ path, message }])
const unknownPart = (name: string) => invalid(name, 'is not a part of this request; name the file `file`')

/** The multipart parser has no codes for its own errors; those of Fastify, the disk and the network have. */
function multipartError(error: unknown): unknown {
  if (error instanceof AtelierError || !(error instanceof Error) || 'code' in error) return error
  const message = `The multipart body is damaged (${error.message.slice(0, 100)}).`
  return new AtelierError('invalid_request', message, undefined, { cause: error })
}

type Limits = NonNullable<Parameters<FastifyRequest['parts']>[0]>

/** The parts of a body. @throws AtelierError `invalid_request` for one that is damaged or cut off */
async function* partsOf(request: FastifyRequest, options: Limits): AsyncGenerator<Multipart> {
  try {
    yield* request.parts(options)
  } catch (error) {
    throw multipartError(error)
  }
}

/** What the documentation shows as the body that {@link withPicture} reads. */
export const imageUploadBody = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'PNG, JPEG or WebP' },
    purpose: {
      type: 'string',
      enum: ['image', 'mask'],
      default: 'image',
      description: 'A mask is stored as a grey PNG: white = edit here.',
    },
  },
}

function purposeOf(value: unknown): Purpose {
  if (value === 'image' || value === 'mask') return value
  throw invalid('purpose', 'must be `image` or `mask`')
}

/** An upload on disk. */
export interface SpooledUpload {
  path: string
  sha256: string
  bytes: number
}

/** A file of a form. */
export interface FormFile extends SpooledUpload {
  /** Name of its part. */
  name: string
}

/** What {@link withForm} has read. */
export interface Form {
  /** In the order in which they came. */
  files: FormFile[]
  /** The texts of the other parts; of parts with one name the last. */
  fields: Record<string, string>
}

const mostFields = 64
const fieldBytes = 256 * 1024

/**
 * Keeps the files of a `multipart/form-data` body, parts in any order, in a temporary folder while `use` works with them.
 *
 * @param limits - most files, and bytes of each
 * @throws AtelierError `image_too_large`, `payload_too_large`, `invalid_request`, `busy`
 */
export async function withForm<T>(
  request: FastifyRequest,
  spooling: Spool,
  { files, fileBytes }: { files: number; fileBytes: number },
  use: (form: Form) => Promise<T>,
): Promise<T> {
  return spooling.with(request.owner.ownerId, async (folder) => {
    const form: Form = { files: [], fields: {} }
    const tooLong = new AtelierError('image_too_large', undefined, { maxBytes: fileBytes })
    const limits = { fileSize: fileBytes, files, fields: mostFields, fieldSize: fieldBytes, parts: files + mostFields }
    const options = { limits, throwFileSizeLimit: false }
    for await (const part of partsOf(request, options)) {
      const { fieldname: name } = part
      if (part.type === 'file') {
        form.files.push({ name, ...(await spool(part.file, join(folder, String(form.files.length)), tooLong)) })
      } else if (part.valueTruncated) throw invalid(name, `has more than ${fieldBytes} bytes`)
      else form.fields[name] = String(part.value)
    }
    return use(form)
  })
}

/** What the documentation shows as the body that {@link withArchive} reads. */
export const archiveUploadBody = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary', description: 'An archive that an export made' } },
}

async function spool(
  file: Readable & { truncated?: boolean },
  path: string,
  tooLong: AtelierError,
): Promise<SpooledUpload> {
  const hash = createHash('sha256')
  let bytes = 0
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  await pipeline(file, hashed, createWriteStream(path)).catch((error: unknown) => Promise.reject(multipartError(error)))
  if (file.truncated) throw tooLong
  return { path, sha256: hash.digest('hex'), bytes }
}

/**
 * Keeps the part `file` of a `multipart/form-data` body with an optional part `purpose`, in any order, in a temporary
 * file while `use` works with it.
 *
 * @param maxBytes - longest file
 * @throws AtelierError `image_too_large` for a longer file; `invalid_request`; `busy`
 */
export async function withPicture<T>(
  request: FastifyRequest,
  spooling: Spool,
  maxBytes: number,
  use: (upload: SpooledUpload, purpose: Purpose) => Promise<T>,
): Promise<T> {
  return spooling.with(request.owner.ownerId, async (folder) => {
    let upload: SpooledUpload | undefined
    let purpose: Purpose = 'image'
    const text = `The file has more than the ${maxBytes.toLocaleString('en')} bytes that are allowed.`
    const tooLong = new AtelierError('image_too_large', text, { maxBytes })
    const limits = { fileSize: maxBytes, files: 2, fields: 4, fieldSize: 100, parts: 5 }
    const options = { limits, throwFileSizeLimit: false }
    for await (const part of partsOf(request, options)) {
      if (part.type === 'field' && part.fieldname === 'purpose') purpose = purposeOf(part.value)
      else if (part.type !== 'file' || part.fieldname !== 'file' || upload) throw unknownPart(part.fieldname)
      else upload = await spool(part.file, join(folder, 'file'), tooLong)
    }
    if (!upload?.bytes) throw invalid('file', 'is missing or empty')
    return use(upload, purpose)
  })
}

/**
 * Keeps the part `file` of a `multipart/form-data` body in a temporary file while `use` works with it.
 *
 * @throws AtelierError `payload_too_large` for a file longer than `maxBytes`, `invalid_request` without one, `busy`
 */
export async function withArchive<T>(
  request: FastifyRequest,
  spooling: Spool,
  maxBytes: number,
  use: (upload: SpooledUpload) => Promise<T>,
): Promise<T> {
  return spooling.with(request.owner.ownerId, async (folder) => {
    let upload: SpooledUpload | undefined
    const options = { limits: { fileSize: maxBytes, files: 2, fields: 1 }, throwFileSizeLimit: false }
    for await (const part of partsOf(request, options)) {
      if (part.type !== 'file' || part.fieldname !== 'file' || upload) throw unknownPart(part.fieldname)
      const tooLong = new AtelierError('payload_too_large', undefined, { maxBytes })
      upload = await spool(part.file, join(folder, 'file'), tooLong)
    }
    if (!upload) throw invalid('file', 'is missing')
    return use(upload)
  })
}
