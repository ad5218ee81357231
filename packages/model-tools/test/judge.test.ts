import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { encodePng, openModel, type AceModel, type GenerateRequest } from '@atelier/ace'
import { runCase, type JudgedModel, type TestCase } from '../src/judge/run-case.js'
import { runCases } from '../src/judge/run-cases.js'
import { fixture } from '../src/repository.js'

const [first, second] = ['img_0000000000000000', 'img_0000000000000001'] as const
const later: TestCase = {
  id: 'later-1',
  seed: 1,
  modes: ['lineage', 'none'],
  turns: [
    { instruction: `make @${first} red`, images: [{ imageId: first, file: 'a.png' }] },
    { instruction: `in @${second}, add a star`, images: [{ imageId: second, file: 'b.png' }], expected: {} },
  ],
}
const conversation: TestCase = {
  id: 'conversation-3',
  seed: 3,
  modes: ['lineage', 'none'],
  turns: [
    { instruction: 'a star', images: [], expected: {} },
    { instruction: 'make it red', images: [{ imageId: first, outputOf: 0 }], expected: {} },
    { instruction: 'make it blue', images: [{ imageId: second, outputOf: 1 }], expected: {} },
  ],
}
const masked: TestCase = {
  id: 'masked-5',
  seed: 5,
  modes: ['lineage'],
  turns: [
    {
      instruction: `put @${second} into @${first}`,
      expected: {},
      images: [
        { imageId: first, file: 'a.png', maskFile: 'b.png', maskMode: 'erase' },
        { imageId: second, file: 'b.png' },
      ],
    },
  ],
}

type Requests = [GenerateRequest, GenerateRequest, GenerateRequest, GenerateRequest, ...GenerateRequest[]]

describe('the runner of the judge', () => {
  let folder: string
  let model: JudgedModel
  let tiny: AceModel
  let requests: GenerateRequest[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'atelier-judge-'))
    for (const [name, grey] of [
      ['a', 60],
      ['b', 200],
    ] as const)
      writeFileSync(join(folder, `${name}.png`), await encodePng(new Uint8Array(64 * 64 * 3).fill(grey), 64, 64))
    writeFileSync(join(folder, 'cases.json'), JSON.stringify({ cases: [later, conversation, masked] }))
    tiny = await openModel(fixture('tiny-model'))
    const guidanceInterval: [number, number] = [0, 0.75]
    const defaults = { ...tiny.manifest.defaults, width: 64, height: 64, steps: 1, guidanceInterval }
    const generate = (request: GenerateRequest) => {
      requests.push(request)
      return tiny.generate(request)
    }
    model = { manifest: { ...tiny.manifest, defaults }, generate }
  })
  afterAll(async () => {
    await tiny?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('gives the model what the chat would give it, once with history and once without', async () => {
    requests = []
    const outputs = join(folder, 'outputs')
    mkdirSync(outputs)
    for (const testCase of [later, conversation]) await runCase(folder, model, outputs, testCase)
    assert.equal(readdirSync(outputs).filter((name) => name.endsWith('.png')).length, 8)
    // the creation and the first edit have no frames of history, so both modes share them
    assert.equal(requests.length, 6)
    const { defaults } = model.manifest
    for (const request of requests)
      assert.deepEqual(
        Object.fromEntries(Object.keys(defaults).map((name) => [name, request[name as keyof GenerateRequest]])),
        defaults,
      )
    const [told, untold, created, edited, ...last] = requests as Requests
    assert.deepEqual(
      told.frames.map(({ instruction }) => instruction),
      ['make {image} red', 'in {image1}, add a star'],
    )
    assert.deepEqual([told.instruction, told.currentFrames, told.seed], ['in {image1}, add a star', 1, 2])
    assert.deepEqual(
      untold.frames.map(({ instruction }) => instruction),
      ['in {image}, add a star'],
    )
    assert.equal(told.seed, untold.seed)
    assert.deepEqual([created.frames.length, edited.frames.length], [0, 1])
    assert.deepEqual(
      last.map(({ frames }) => frames.length),
      [2, 1],
    )
    assert.deepEqual(Buffer.from(edited.frames[0]!.image), readFileSync(join(outputs, 'conversation-3-lineage-0.png')))
  })

  test('gives the model several images of a turn, and a mask', async () => {
    requests = []
    await runCase(folder, model, join(folder, 'outputs'), masked)
    const { instruction, frames, currentFrames, keepUnmasked } = requests[0]!
    assert.deepEqual([instruction, currentFrames, keepUnmasked], ['put {image1} into {image}', 2, true])
    assert.deepEqual(
      frames.map(({ mask, maskMode }) => [mask?.length, maskMode]),
      [
        [readFileSync(join(folder, 'b.png')).length, 'erase'],
        [undefined, 'keep'],
      ],
    )
  })

  test('goes on where it was cut short', async () => {
    requests = []
    const outputs = join(folder, 'outputs')
    const file = join(outputs, 'later-1-none-1.png')
    const { mtimeMs } = statSync(join(outputs, 'later-1-lineage-1.png'))
    const bytes = readFileSync(file)
    rmSync(file)
    await runCase(folder, model, outputs, later)
    assert.equal(requests.length, 1)
    assert.deepEqual(readFileSync(file), bytes)
    assert.equal(statSync(join(outputs, 'later-1-lineage-1.png')).mtimeMs, mtimeMs)
  })

  test('shares the cases out to processes, which make the pictures that one would', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    const tinyModel = fixture('tiny-model')
    const seen: [number, number][] = []
    assert.equal(
      await runCases(folder, tinyModel, two, { processes: 2, onPictures: (...counts) => seen.push(counts) }),
      9,
    )
    assert.deepEqual(
      [seen[0], seen.at(-1)],
      [
        [0, 9],
        [9, 9],
      ],
    )
    rmSync(join(two, 'masked-5-lineage-0.png'))
    assert.equal(await runCases(folder, tinyModel, two, { processes: 2 }), 1)
    await runCases(folder, tinyModel, one, { processes: 1 })
    assert.equal(readdirSync(one).length, 9)
    for (const name of readdirSync(one))
      assert.deepEqual(readFileSync(join(one, name)), readFileSync(join(two, name)), name)
  })

  test('makes the pictures by the graphs for CUDA of a folder that has them', async () => {
    const run = (model: string, out: string) =>
      runCases(folder, fixture(model), join(folder, out), { processes: 1, graphs: 'cuda', settings: { steps: 2 } })
    assert.equal(await run('tiny-model', 'cuda'), 9)
    // a folder without them has those for a CPU alone
    assert.equal(await run('tiny-int8', 'without'), 9)
  })

  test('ends with the error of a process', async () => {
    writeFileSync(
      join(folder, 'cases.json'),
      JSON.stringify({
        cases: [{ ...later, turns: [{ ...later.turns[1]!, images: [{ imageId: second, file: 'none.png' }] }] }],
      }),
    )
    await assert.rejects(runCases(folder, fixture('tiny-model'), join(folder, 'bad'), { processes: 2 }), /none\.png/)
  })
})
