import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePng, type AceModel, type ConditionFrame, type GenerateRequest } from '@atelier/ace'
import type { MaskMode } from '@atelier/contracts'
import { composeLcu } from '@atelier/conversation'

/** A mode of history that a case is run in. */
export type Mode = 'lineage' | 'session' | 'none'

/** An image of a turn: a file beside `cases.json`, or the output of an earlier turn. */
export interface CaseImage {
  imageId: string
  file?: string
  outputOf?: number
  maskFile?: string | null
  maskMode?: MaskMode | null
}

/** A test conversation, as `python -m atelier_ml judge-cases` draws it. */
export interface TestCase {
  id: string
  seed: number
  modes: Mode[]
  /** A turn with `expected` is run and judged; the others are history alone. */
  turns: { instruction: string; images: CaseImage[]; expected?: unknown }[]
}

/** What makes the pictures of a case. */
export type JudgedModel = Pick<AceModel, 'manifest' | 'generate'>

/** Name of the picture that a turn of a case gives in a mode of history. */
export const outputName = (testCase: TestCase, mode: Mode, turn: number): string => `${testCase.id}-${mode}-${turn}.png`

/** Every picture that a case asks for, in the order in which they are made. */
export function picturesOf(testCase: TestCase): { mode: Mode; turn: number }[] {
  const turns = [...testCase.turns.keys()].filter((turn) => testCase.turns[turn]!.expected)
  return testCase.modes.flatMap((mode) => turns.map((turn) => ({ mode, turn })))
}

/**
 * Runs the judged turns of a test case as a conversation of the chat would, with the model's defaults and the seed of
 * the case. Pictures that are there already are kept, so a run that was cut short goes on.
 *
 * @param folder - `cases.json` and its pictures
 * @param outputs - an existing folder for the pictures that come out
 */
export async function runCase(folder: string, model: JudgedModel, outputs: string, testCase: TestCase): Promise<void> {
  // A request that was made before, as when two modes have no history yet, is not computed again.
  const made = new Map<string, Uint8Array>()
  for (const { mode, turn } of picturesOf(testCase)) {
    const file = join(outputs, outputName(testCase, mode, turn))
    if (existsSync(file)) continue
    const request = await requestOf(folder, model, outputs, testCase, mode, turn)
    const key = createHash('sha256').update(JSON.stringify(request)).digest('hex')
    const picture = made.get(key) ?? (await draw(model, request))
    made.set(key, picture)
    await writeWhole(file, picture)
  }
}

async function draw(model: JudgedModel, request: GenerateRequest): Promise<Uint8Array> {
  const { pixels, width, height } = await model.generate(request)
  return encodePng(pixels, width, height)
}

/** What the model sees for a turn: the history that the chat would show, then its own unit. */
function lcuOf(testCase: TestCase, mode: Mode, turn: number) {
  const turns = testCase.turns.map(({ instruction, images }, index) => ({
    id: String(index),
    parentTurnId: index ? String(index - 1) : null,
    instruction,
    images: images.map(({ imageId, maskFile, maskMode }) => ({
      imageId,
      maskId: maskFile ?? null,
      maskMode: maskMode ?? 'keep',
    })),
  }))
  return composeLcu(turns.slice(0, turn), turns[turn]!, { mode }).lcu
}

/** The request of one turn, with the parameters that the API chooses when a caller names none. */
async function requestOf(
  folder: string,
  { manifest: { defaults } }: JudgedModel,
  outputs: string,
  testCase: TestCase,
  mode: Mode,
  turn: number,
): Promise<GenerateRequest> {
  const lcu = lcuOf(testCase, mode, turn)
  const current = lcu.at(-1)!
  const frames: ConditionFrame[] = []
  for (const unit of lcu) {
    for (const { file, outputOf, maskFile, maskMode } of testCase.turns[Number(unit.turnId)]!.images) {
      const path = file ? join(folder, file) : join(outputs, outputName(testCase, mode, outputOf!))
      const mask = maskFile ? await readFile(join(folder, maskFile)) : null
      frames.push({ image: await readFile(path), mask, maskMode: maskMode ?? 'keep', instruction: unit.instruction })
    }
  }
  const [edited] = current.images
  return {
    ...defaults,
    instruction: current.instruction,
    frames,
    currentFrames: current.images.length,
    negativePrompt: '',
    // Outside a mask that erases, the picture stays.
    keepUnmasked: edited !== undefined && edited.maskId !== null && edited.maskMode === 'erase',
    cacheScope: 'judge',
    seed: (testCase.seed + turn) % 2 ** 32,
  }
}

/** Nobody ever sees half a picture, whenever the run is cut short. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${file}.part`, bytes)
  await rename(`${file}.part`, file)
}
