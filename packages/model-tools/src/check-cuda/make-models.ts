import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ml, runProgram, venvPython } from '../repository.js'
import { MissingError } from './outcome.js'

/**
 * Sizes of random weights: 12 GB of files and 10 GB of folders; the same with one layer of the text encoder, 3 GB and 8 GB;
 * or a few MB.
 */
export type WeightSize = 'ace-0.6b' | 'ace-dit' | 'tiny'

/**
 * Random weights of a size in the layout of the published files, converted for CUDA in fp16 and in fp32 with the same text
 * encoder in 4 bits. Folders that are there already are left as they are; the files that they were made from are deleted.
 *
 * @param work - folder to make them in
 * @returns paths of the two model folders, for pictures of 512 pixels
 * @throws MissingError without `ml/.venv`
 */
export async function makeModels(size: WeightSize, work: string): Promise<{ fp16: string; fp32: string }> {
  const folder = (precision: string): string => join(work, `${size}-512px-${precision}`)
  const folders = { fp16: folder('fp16'), fp32: folder('fp32') }
  const wanted = Object.entries(folders).filter(([, path]) => !existsSync(join(path, 'manifest.json')))
  if (!wanted.length) return folders
  if (!existsSync(venvPython)) throw new MissingError('there is no ml/.venv to make a model with: bash ml/setup.sh')
  const python = (...args: string[]): Promise<void> => runProgram(venvPython, ['-m', 'atelier_ml', ...args], ml)
  const checkpoint = join(work, `${size}-checkpoint`)
  const models = join(checkpoint, 'models')
  try {
    await python('random-checkpoint', '--out', checkpoint, '--size', size)
    for (const [precision, out] of wanted) {
      const options = {
        dit: join(models, 'dit/ace_0.6b_512px.pth'),
        vae: join(models, 'vae/vae.bin'),
        'text-encoder': join(models, 'text_encoder/t5-v1_1-xxl'),
        tokenizer: join(models, 'tokenizer/t5-v1_1-xxl'),
        out,
        precision,
        device: 'cuda',
        // what `fast` is timed with
        'fast-history-refresh': '5',
        'text-encoder-bits': '4',
        size: '512',
        heads: size === 'tiny' ? '2' : '16',
      }
      await python('convert', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]))
    }
  } finally {
    rmSync(checkpoint, { recursive: true, force: true })
  }
  return folders
}
