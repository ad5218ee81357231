import { AtelierError } from '@atelier/contracts'
import type { FastifyRequest } from 'fastify'

/** What an upload may be. */
export type Purpose = 'image' | 'mask'
/** The parts of an upload. */
export interface Upload {
  file: Uint8Array
  purpose: Purpose
}

const invalid = (path: string, message: string) => new AtelierError('invalid_request', undefined, [{ path, message }])

function purposeOf(value: unknown): Purpose {
  if (value === 'image' || value === 'mask') return value
  throw invalid('purpose', 'must be `image` or `mask`')
}

/**
 * Reads `multipart/form-data` with one part `file` and an optional part `purpose`, in any order.
 *
 * @param maxBytes - longest file
 * @throws AtelierError `image_too_large` as soon as the file is longer; `invalid_request`
 */
export async function readUpload(request: FastifyRequest, maxBytes: number): Promise<Upload> {
  let file: Uint8Array | undefined
  let purpose: Purpose = 'image'
  for await (const part of request.parts({
    limits: { fileSize: maxBytes, files: 1, fields: 4, fieldSize: 100, parts: 5 },
  })) {
    if (part.type === 'field') {
      if (part.fieldname === 'purpose') purpose = purposeOf(part.value)
    } else if (part.fieldname === 'file') {
      file = await part.toBuffer()
    } else {
      throw invalid(part.fieldname, 'is not a part of this request; name the file `file`')
    }
  }
  if (!file?.length) throw invalid('file', 'is missing or empty')
  return { file, purpose }
}
