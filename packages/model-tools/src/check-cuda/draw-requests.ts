import { encodePng, type GenerateRequest } from '@atelier/ace'

/**
 * Makes a request.
 *
 * @param history - frames beside the target's, 0 … 5: the picture that is edited, and those before it
 */
export type DrawRequest = (history: number, seed: number, changes?: Partial<GenerateRequest>) => GenerateRequest

/** A source of whole numbers below 2¹⁵, the same for the same seed. */
function draws(seed: number): () => number {
  let state = seed + 1
  return () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 16
}

/** A square PNG: blocks of random colours, as large as a token of the model and smaller, under noise. */
function picture(seed: number, side: number): Promise<Uint8Array> {
  const next = draws(seed)
  const block = 4 << (next() % 4)
  const colours = Array.from({ length: 257 * 3 }, () => next() % 224)
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const at = Math.floor(i / 3)
    const cell = (Math.floor(at / side / block) * 31 + Math.floor((at % side) / block) * 17) % 257
    return colours[cell * 3 + (i % 3)]! + (next() % 32)
  })
  return encodePng(pixels, side, side)
}

const subjects = [
  'a red circle',
  'two old boats',
  'a face in the rain',
  '3 cups & a knife',
  'nothing at all',
  'ein grüner Vogel',
]
const places = [
  'on a blue table',
  'seen from far above',
  'in front of a long wall with windows',
  'at night',
  'as a pencil drawing',
]

/**
 * Draws the pictures for requests of square pictures in 20 guided DDIM steps.
 *
 * @param side - pixels of the result and of every picture of history
 * @param defaults - a manifest's
 */
export async function drawRequests(
  side: number,
  { guidanceScale, guidanceRescale }: Pick<GenerateRequest, 'guidanceScale' | 'guidanceRescale'>,
): Promise<DrawRequest> {
  const pictures = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((seed) => picture(seed, side)))
  return (history, seed, changes = {}) => {
    const instruction = `${subjects[seed % subjects.length]} ${places[seed % places.length]}`
    return {
      instruction,
      width: side,
      height: side,
      steps: 20,
      sampler: 'ddim',
      guidanceScale,
      guidanceRescale,
      seed,
      negativePrompt: '',
      keepUnmasked: false,
      cacheScope: 'check',
      currentFrames: history > 0 ? 1 : 0,
      frames: Array.from({ length: history }, (_, i) => ({
        image: pictures[(seed + i) % pictures.length]!,
        mask: null,
        maskMode: 'keep',
        instruction: `turn ${i}: ${instruction}`,
      })),
      ...changes,
    }
  }
}
