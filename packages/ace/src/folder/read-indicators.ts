import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '@atelier/contracts'
import { ModelFolderError } from '../errors/model-folder-error.js'

/**
 * The indicator table `[10, text width]` (little-endian float32): row k belongs to `{image}`, `{image1}` … `{image9}`.
 *
 * @throws ModelFolderError when missing or of another size
 */
export async function readIndicators(folder: string, { file, shape }: Manifest['indicators']): Promise<Float32Array> {
  const bytes = await readFile(join(folder, file)).catch((error: Error) => {
    throw new ModelFolderError(folder, file, `cannot be read: ${error.message}`, { cause: error })
  })
  const expected = shape[0] * shape[1] * Float32Array.BYTES_PER_ELEMENT
  if (bytes.length !== expected)
    throw new ModelFolderError(folder, file, `has ${bytes.length} bytes instead of ${expected}.`)
  if (endianness() === 'BE') bytes.swap32()
  return new Float32Array(new Uint8Array(bytes).buffer)
}
