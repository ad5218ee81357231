import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePng } from '../../packages/ace/dist/src/index.js'
import { composeLcu } from '../../packages/lcu/dist/src/index.js'

/** Name of the picture that a turn of a case gives in a mode of history. */
export const outputName = (testCase, mode, turn) => `${testCase.id}-${mode}-${turn}.png`

/** Every picture that a case asks for, as `{ mode, turn }`, in the order in which they are made. */
export function picturesOf(testCase) {
  const turns = [...testCase.turns.keys()].filter((turn) => testCase.turns[turn].expected)
  return testCase.modes.flatMap((mode) => turns.map((turn) => ({ mode, turn })))
}

/**
 * Runs the judged turns of a test case as a conversation of the chat would, with the model's defaults and the seed of
 * the case. Pictures that are there already are kept, so a run that was cut short goes on.
 *
 * @param folder - `cases.json` and its pictures
 * @param model - an `AceModel`
 * @param outputs - an existing folder for the pictures that come out
 */
export async function runCase(folder, model, outputs, testCase) {
  const known = new Map()
  for (const { mode, turn } of picturesOf(testCase)) {
    const file = join(outputs, outputName(testCase, mode, turn))
    if (!existsSync(file)) await writeWhole(file, await generate(folder, model, outputs, testCase, mode, turn, known))
  }
}

/** What the model sees for a turn: the history that the chat would show, then its own unit. */
function lcuOf(testCase, mode, turn) {
  const turns = testCase.turns.map(({ instruction, images }, index) => ({
    id: String(index),
    parentTurnId: index ? String(index - 1) : null,
    instruction,
    images: images.map(({ imageId, maskFile, maskMode }) => ({ imageId, maskId: maskFile, maskMode })),
  }))
  return composeLcu(turns.slice(0, turn), turns[turn], { mode }).lcu
}

/** One turn; a request that was made before, as when two modes have no history yet, is not computed again. */
async function generate(folder, model, outputs, testCase, mode, turn, known) {
  const lcu = lcuOf(testCase, mode, turn)
  const current = lcu.at(-1)
  const frames = []
  for (const unit of lcu) {
    for (const { file, outputOf, maskFile, maskMode } of testCase.turns[Number(unit.turnId)].images) {
      const path = file ? join(folder, file) : join(outputs, outputName(testCase, mode, outputOf))
      const mask = maskFile && (await readFile(join(folder, maskFile)))
      frames.push({ image: await readFile(path), mask, maskMode, instruction: unit.instruction })
    }
  }
  const { width, height, steps, guidanceScale, guidanceRescale, sampler, guidanceInterval } = model.manifest.defaults
  // what the API decides when a request says nothing: outside a mask that erases, the picture stays
  const [edited] = current.images
  const keepUnmasked = edited !== undefined && edited.maskId !== null && edited.maskMode === 'erase'
  const settings = {
    width,
    height,
    steps,
    guidanceScale,
    guidanceRescale,
    sampler,
    guidanceInterval,
    negativePrompt: '',
    keepUnmasked,
    cacheScope: 'judge',
    seed: (testCase.seed + turn) % 2 ** 32,
  }
  const request = { instruction: current.instruction, frames, currentFrames: current.images.length, ...settings }
  const key = createHash('sha256').update(JSON.stringify(request)).digest('hex')
  if (!known.has(key)) {
    const { pixels, width, height } = await model.generate(request)
    known.set(key, await encodePng(pixels, width, height))
  }
  return known.get(key)
}

/** Nobody ever sees half a picture, whenever the run is cut short. */
async function writeWhole(file, bytes) {
  await writeFile(`${file}.part`, bytes)
  await rename(`${file}.part`, file)
}
