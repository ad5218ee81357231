import { fileURLToPath } from 'node:url'

/** Folder of the tiny model of the pipeline's own tests (its name is `tiny`): random weights, 64×64, 3 ms a step. */
export const tinyModel = fileURLToPath(new URL('../../../../packages/ace/test/fixtures/tiny-model', import.meta.url))
