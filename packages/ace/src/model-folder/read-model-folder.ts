import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '@atelier/contracts'
import { ModelFolderError, readManifest } from '@atelier/contracts/model-folder'
import { Tokenizer } from '@atelier/text'

/** A model folder without its graphs. */
export interface ModelFolder {
  manifest: Manifest
  tokenizer: Tokenizer
  /** `[10, text width]`: row k belongs to `{image}`, `{image1}` … `{image9}`. */
  indicators: Float32Array
}

/**
 * Reads a model folder's manifest, tokeniser and indicator table.
 *
 * @throws ModelFolderError when one cannot be used, or the manifest contradicts itself
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const manifest = await readManifest(folder)
  const { dit, latent, preview, limits, indicators: table } = manifest
  if (
    preview.factors.length !== latent.channels ||
    limits.sizeMultiple % (latent.downscale * dit.patch) !== 0 ||
    table.shape[1] !== dit.textWidth
  ) {
    throw new ModelFolderError(
      folder,
      'manifest.json',
      'contradicts itself: channels and preview factors, or size multiple and patches, or text width and indicators.',
    )
  }
  return { manifest, tokenizer: await readTokenizer(folder, manifest), indicators: await readIndicators(folder, table) }
}

async function readTokenizer(folder: string, manifest: Manifest): Promise<Tokenizer> {
  const { file } = manifest.tokenizer
  try {
    return new Tokenizer(JSON.parse(await readFile(join(folder, file), 'utf8')) as object, manifest.text)
  } catch (error) {
    throw new ModelFolderError(folder, file, `cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

/** The file holds little-endian float32. */
async function readIndicators(folder: string, { file, shape }: Manifest['indicators']): Promise<Float32Array> {
  const bytes = await readFile(join(folder, file)).catch((error: Error) => {
    throw new ModelFolderError(folder, file, `cannot be read: ${error.message}`, { cause: error })
  })
  const expected = shape[0] * shape[1] * Float32Array.BYTES_PER_ELEMENT
  if (bytes.length !== expected)
    throw new ModelFolderError(folder, file, `has ${bytes.length} bytes instead of ${expected}.`)
  if (endianness() === 'BE') bytes.swap32()
  return new Float32Array(new Uint8Array(bytes).buffer)
}
