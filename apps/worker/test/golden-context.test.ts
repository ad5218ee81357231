import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import type { GenerateRequest } from '@atelier/ace'
import { closeGraphs, openGraphs } from '@atelier/ace/stages'
import {
  compareRequest,
  formatTable,
  readGoldenDit,
  type GoldenDit,
  type GoldenItem,
  type GoldenLookUp,
} from '@atelier/model-tools'
import sharp from 'sharp'
import { fetchPictures } from '../src/generation/fetch-pictures.js'
import { generateRequest } from '../src/generation/generate-request.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

// What the reference computed for long contexts, asked for as people do: turns in a database, pictures in a store. The
// golden file has latents and embeddings; pictures and words of ours stand for them, and are looked up where the two
// encoders would run. Order of frames, text of each frame, names, masks, sequence and graphs are what a generation
// uses.

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../packages/ace/test/fixtures/${name}`, import.meta.url))

let stack: WorkerStack
let golden: GoldenDit
let graphs: Awaited<ReturnType<typeof openGraphs<'conditioner' | 'denoiser'>>>

beforeAll(async () => {
  stack = await openWorkerStack()
  golden = await readGoldenDit(fixture('golden/ace_dit_golden_a.safetensors'))
  const files = { conditioner: 'conditioner.onnx', denoiser: 'denoiser.onnx' }
  graphs = await openGraphs(fixture('golden-dit'), files, { device: 'cpu', threads: 1 })
})
afterAll(async () => {
  await stack?.close()
  await closeGraphs(graphs ?? {})
})

/** One turn: which of the golden item's frames it edits, and which of its texts it says. */
interface Part {
  picture: number
  text: number
}

const inOrder = (item: GoldenItem): Part[] => item.frames.slice(1).map((_, index) => ({ picture: index, text: index }))

/** A picture for golden frame `index`, and its mask: eight pixels for each number of the latent. */
async function storeFrame({ height, width, mask }: GoldenItem['frames'][0], index: number) {
  const size = { width: width * 8, height: height * 8 }
  const image = await stack.upload(size, `rgb(${index}, 0, 0)`)
  if (mask.every((value) => value === 1)) return { imageId: image.id, maskId: null, maskMode: 'keep' as const }
  const levels = Buffer.from(Array.from(mask, (value) => value * 255))
  const small = sharp(levels, { raw: { width, height, channels: 1 } })
  const drawn = await stack.store(
    await small
      .resize({ ...size, kernel: 'nearest' })
      .png()
      .toBuffer(),
    { ...size, kind: 'mask' },
  )
  return { imageId: image.id, maskId: drawn.id, maskMode: 'keep' as const }
}

/** Stores a conversation, each turn following the one before; claims its last generation and asks for its picture. */
async function converse(item: GoldenItem, parts: readonly Part[]): Promise<GenerateRequest> {
  let parentTurnId: string | null = null
  let last = ''
  for (const { picture, text } of parts) {
    // A branch that leads nowhere: its picture is none of the golden ones, and no look-up would find its words.
    const aside = await storeFrame(item.frames[1]!, 200)
    await stack.turn('an aside', { images: [aside], parentTurnId, enqueue: false })
    const image = await storeFrame(item.frames[1 + picture]!, picture)
    const instruction = `say ${text} of @${image.imageId}`
    const made = await stack.turn(instruction, { images: [image], parentTurnId, enqueue: false })
    parentTurnId = made.turnId
    last = made.id
  }
  const claim = (await stack.database.work.claim(last, 'golden'))!
  return generateRequest(
    claim,
    await fetchPictures(stack.objects, claim.images, { signal: AbortSignal.timeout(10_000) }),
  )
}

const lookUp = (item: GoldenItem): GoldenLookUp => ({
  text(text) {
    if (text === '') return item.negative
    const [, number] = /^say (\d) of \{image\d?\}$/.exec(text) ?? assert.fail(`"${text}" was not said`)
    return item.texts[Number(number)]!
  },
  latent(pixels) {
    const red = Math.round((pixels[0]! + 1) * 127.5)
    return item.frames[1 + red]?.latent ?? assert.fail(`a picture of red ${red} was not shown`)
  },
})

describe('golden cases from stored turns', () => {
  test('every case with condition images comes to the reference’s numbers', async () => {
    const seen: string[] = []
    for (const one of golden.cases) {
      for (const item of one.items.filter(({ frames }) => frames.length > 1)) {
        const request = await converse(item, inOrder(item))
        const names = ['{image}', '{image1}', '{image2}']
        const texts = item.texts.map((_, index) => `say ${index} of ${names[index]}`)
        assert.deepEqual(
          request.frames.map(({ instruction }) => instruction),
          texts,
        )
        assert.deepEqual([request.instruction, request.currentFrames], [texts.at(-1), 1])
        const comparisons = await compareRequest(request, lookUp(item), item, one, golden, graphs)
        for (const { error, passed } of comparisons) assert.ok(passed && error! < 3e-5, formatTable(comparisons))
        assert.equal(comparisons.length, one.sample ? 1 : 2)
        seen.push(`${one.name} ${request.frames.length}`)
      }
    }
    assert.deepEqual(seen, [
      'edit_masked 1',
      'long_context 3',
      'batch_of_two 1',
      'batch_of_two 2',
      'sample_long_context 2',
    ])
  })

  const long = () => golden.cases.find(({ name }) => name === 'long_context')!
  const wrong: [string, Part[]][] = [
    [
      'turns in another order',
      [
        { picture: 1, text: 1 },
        { picture: 0, text: 0 },
        { picture: 2, text: 2 },
      ],
    ],
    [
      'pictures in another order',
      [
        { picture: 1, text: 0 },
        { picture: 0, text: 1 },
        { picture: 2, text: 2 },
      ],
    ],
    [
      'texts in another order',
      [
        { picture: 0, text: 1 },
        { picture: 1, text: 0 },
        { picture: 2, text: 2 },
      ],
    ],
    [
      'a turn too few',
      [
        { picture: 0, text: 0 },
        { picture: 2, text: 2 },
      ],
    ],
  ]
  for (const [what, parts] of wrong) {
    test(`${what}: other numbers`, async () => {
      const one = long()
      const item = one.items[0]!
      const request = await converse(item, parts)
      const comparisons = await compareRequest(request, lookUp(item), item, one, golden, graphs)
      for (const { error, passed } of comparisons) assert.ok(!passed && error! > 1e-3, formatTable(comparisons))
    })
  }
})
