import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, runCommand } from '../run-command.mjs'
import { MissingError } from './missing-error.mjs'

const precisions = ['fp16', 'fp32']

/**
 * Random weights of a size in the layout of the published files, converted to fp16 and to fp32 with the same text encoder
 * in 4 bits. Folders that are there already are left as they are; the files that they were made from are deleted.
 *
 * @param {'ace-0.6b' | 'tiny'} size - 12 GB of files and 10 GB of folders, or a few MB
 * @param {string} work - folder to make them in
 * @returns paths of the two model folders, for pictures of 512 pixels
 */
export async function makeModels(size, work) {
  const folders = Object.fromEntries(precisions.map((name) => [name, join(work, `${size}-512px-${name}`)]))
  const wanted = precisions.filter((name) => !existsSync(join(folders[name], 'manifest.json')))
  if (!wanted.length) return folders
  const python = join(root, 'ml/.venv/bin/python')
  if (!existsSync(python)) throw new MissingError('there is no ml/.venv to make a model with: bash ml/setup.sh')
  const ml = (...args) => runCommand(python, ['-m', 'atelier_ml', ...args], { cwd: join(root, 'ml') })
  const files = join(work, `${size}-checkpoint`)
  try {
    await ml('random-checkpoint', '--out', files, '--size', size)
    for (const name of wanted)
      await ml(
        'convert',
        '--dit',
        join(files, 'models/dit/ace_0.6b_512px.pth'),
        '--vae',
        join(files, 'models/vae/vae.bin'),
        '--text-encoder',
        join(files, 'models/text_encoder/t5-v1_1-xxl'),
        '--tokenizer',
        join(files, 'models/tokenizer/t5-v1_1-xxl'),
        '--out',
        folders[name],
        '--precision',
        name,
        '--text-encoder-bits',
        '4',
        '--size',
        '512',
        '--heads',
        size === 'tiny' ? '2' : '16',
      )
  } finally {
    rmSync(files, { recursive: true, force: true })
  }
  return folders
}
