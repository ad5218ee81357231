import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the repository; this runs from `packages/faults/dist/src`. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/[/\\]$/, '')

/** The untrained model of the pipeline's own tests: real graphs at tiny size, 64×64 pixels. */
export const tinyModel = join(root, 'packages/ace/test/fixtures/tiny-model')
