import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AtelierError } from '@atelier/contracts'
import type { FastifyRequest } from 'fastify'

/** An upload on disk. */
export interface SpooledUpload {
  path: string
  sha256: string
}

async function spool(file: Readable & { truncated?: boolean }, path: string, maxBytes: number): Promise<SpooledUpload> {
  const hash = createHash('sha256')
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(file, hashed, createWriteStream(path))
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
    // a file that is too long is told by `truncated`, not by the error of a picture that is
    const options = { limits: { fileSize: maxBytes, files: 1, fields: 0 }, throwFileSizeLimit: false }
    for await (const part of request.parts(options)) {
      if (part.type === 'file' && part.fieldname === 'file') {
        upload = await spool(part.file, join(folder, 'file'), maxBytes)
      } else {
        throw new AtelierError('invalid_request', undefined, [
          { path: part.fieldname, message: 'is not a part of this request; name the file `file`' },
        ])
      }
    }
    if (!upload) throw new AtelierError('invalid_request', undefined, [{ path: 'file', message: 'is missing' }])
    return await use(upload)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
