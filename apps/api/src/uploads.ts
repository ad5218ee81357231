import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AtelierError } from '@atelier/contracts'
import type { Multipart } from '@fastify/multipart'
import { sha256, type PictureFile } from '@atelier/pictures'
import type { FastifyRequest } from 'fastify'

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

/** What the documentation shows as the body that {@link readUpload} reads. */
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

async function readWhole(part: { toBuffer(): Promise<Buffer> }, maxBytes: number): Promise<Uint8Array> {
  return part.toBuffer().catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'FST_REQ_FILE_TOO_LARGE') throw error
    const text = `The file has more than the ${maxBytes.toLocaleString('en')} bytes that are allowed.`
    throw new AtelierError('image_too_large', text, { maxBytes })
  })
}

/**
 * Reads `multipart/form-data` with one part `file` and an optional part `purpose`, in any order.
 *
 * @param maxBytes - longest file
 * @throws AtelierError `image_too_large` as soon as the file is longer; `invalid_request`
 */
export async function readUpload(
  request: FastifyRequest,
  maxBytes: number,
): Promise<{ file: PictureFile; purpose: Purpose }> {
  let bytes: Uint8Array | undefined
  let purpose: Purpose = 'image'
  for await (const part of partsOf(request, {
    limits: { fileSize: maxBytes, files: 2, fields: 4, fieldSize: 100, parts: 5 },
  })) {
    if (part.type === 'field' && part.fieldname === 'purpose') purpose = purposeOf(part.value)
    else if (part.type !== 'file' || part.fieldname !== 'file' || bytes) throw unknownPart(part.fieldname)
    else bytes = await readWhole(part, maxBytes).catch((error: unknown) => Promise.reject(multipartError(error)))
  }
  if (!bytes?.length) throw invalid('file', 'is missing or empty')
  return { file: { bytes, sha256: await sha256(bytes) }, purpose }
}

/** An upload on disk. */
export interface SpooledUpload {
  path: string
  sha256: string
}

/** What the documentation shows as the body that {@link withSpooledUpload} reads. */
export const archiveUploadBody = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary', description: 'An archive that an export made' } },
}

async function spool(file: Readable & { truncated?: boolean }, path: string, maxBytes: number): Promise<SpooledUpload> {
  const hash = createHash('sha256')
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(file, hashed, createWriteStream(path)).catch((error: unknown) => Promise.reject(multipartError(error)))
  if (file.truncated) throw new AtelierError('payload_too_large', undefined, { maxBytes })
  return { path, sha256: hash.digest('hex') }
}

/**
 * Keeps the part `file` of a `multipart/form-data` body in a temporary file while `use` works with it.
 *
 * @throws AtelierError `payload_too_large` for a file longer than `maxBytes`, `invalid_request` without one
 */
export async function withSpooledUpload<T>(
  request: FastifyRequest,
  maxBytes: number,
  use: (upload: SpooledUpload) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-upload-'))
  try {
    let upload: SpooledUpload | undefined
    // an archive that is too long is known by `truncated`; the error of the multipart plugin means a picture
    const options = { limits: { fileSize: maxBytes, files: 2, fields: 1 }, throwFileSizeLimit: false }
    for await (const part of partsOf(request, options)) {
      if (part.type !== 'file' || part.fieldname !== 'file' || upload) throw unknownPart(part.fieldname)
      upload = await spool(part.file, join(folder, 'file'), maxBytes)
    }
    if (!upload) throw invalid('file', 'is missing')
    return await use(upload)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
