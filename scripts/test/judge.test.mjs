import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { encodePng, openModel } from '../../packages/ace/dist/src/index.js'
import { runCase } from '../judge/run-case.mjs'
import { runCases } from '../judge/run-cases.mjs'
import { root } from '../run-command.mjs'

const [first, second] = ['img_0000000000000000', 'img_0000000000000001']
const later = {
  id: 'later-1',
  seed: 1,
  modes: ['lineage', 'none'],
  turns: [
    { instruction: `make @${first} red`, images: [{ imageId: first, file: 'a.png' }] },
    { instruction: `in @${second}, add a star`, images: [{ imageId: second, file: 'b.png' }], expected: {} },
  ],
}
const conversation = {
  id: 'conversation-3',
  seed: 3,
  modes: ['lineage', 'none'],
  turns: [
    { instruction: 'a star', images: [], expected: {} },
    { instruction: 'make it red', images: [{ imageId: first, outputOf: 0 }], expected: {} },
    { instruction: 'make it blue', images: [{ imageId: second, outputOf: 1 }], expected: {} },
  ],
}
const masked = {
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

describe('the runner of the judge', () => {
  let folder, model, requests
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'atelier-judge-'))
    for (const [name, grey] of [
      ['a', 60],
      ['b', 200],
    ])
      writeFileSync(join(folder, `${name}.png`), await encodePng(new Uint8Array(64 * 64 * 3).fill(grey), 64, 64))
    writeFileSync(join(folder, 'cases.json'), JSON.stringify({ cases: [later, conversation, masked] }))
    const tiny = await openModel(join(root, 'packages/ace/test/fixtures/tiny-model'))
    const defaults = { ...tiny.manifest.defaults, width: 64, height: 64, steps: 1, guidanceInterval: [0, 0.75] }
    const generate = (request) => (requests.push(request), tiny.generate(request))
    model = { manifest: { ...tiny.manifest, defaults }, generate, close: () => tiny.close() }
  })
  after(async () => {
    await model?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('gives the model what the chat would give it, once with history and once without', async () => {
    requests = []
    const outputs = join(folder, 'outputs')
    mkdirSync(outputs)
    for (const testCase of [later, conversation]) await runCase(folder, model, outputs, testCase)
    assert.equal(readdirSync(outputs).filter((name) => name.endsWith('.png')).length, 8)
    // the creation and the first edit have no frames of history, so both modes share them
    assert.equal(requests.length, 6)
    const { defaults } = model.manifest
    for (const request of requests)
      assert.deepEqual(Object.fromEntries(Object.keys(defaults).map((name) => [name, request[name]])), defaults)
    const [told, untold, created, edited, ...last] = requests
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
    assert.deepEqual(Buffer.from(edited.frames[0].image), readFileSync(join(outputs, 'conversation-3-lineage-0.png')))
  })

  it('gives the model several images of a turn, and a mask', async () => {
    requests = []
    await runCase(folder, model, join(folder, 'outputs'), masked)
    const [{ instruction, frames, currentFrames, keepUnmasked }] = requests
    assert.deepEqual([instruction, currentFrames, keepUnmasked], ['put {image1} into {image}', 2, true])
    assert.deepEqual(
      frames.map(({ mask, maskMode }) => [mask?.length, maskMode]),
      [
        [readFileSync(join(folder, 'b.png')).length, 'erase'],
        [undefined, undefined],
      ],
    )
  })

  it('goes on where it was cut short', async () => {
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

  it('shares the cases out to processes, which make the pictures that one would', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    const tiny = join(root, 'packages/ace/test/fixtures/tiny-model')
    const seen = []
    assert.equal(await runCases(folder, tiny, two, { processes: 2, onPictures: (...counts) => seen.push(counts) }), 9)
    assert.deepEqual(
      [seen[0], seen.at(-1)],
      [
        [0, 9],
        [9, 9],
      ],
    )
    rmSync(join(two, 'masked-5-lineage-0.png'))
    assert.equal(await runCases(folder, tiny, two, { processes: 2 }), 1)
    await runCases(folder, tiny, one, { processes: 1 })
    assert.equal(readdirSync(one).length, 9)
    for (const name of readdirSync(one))
      assert.deepEqual(readFileSync(join(one, name)), readFileSync(join(two, name)), name)
  })

  it('ends with the error of a process', async () => {
    writeFileSync(
      join(folder, 'cases.json'),
      JSON.stringify({
        cases: [{ ...later, turns: [{ ...later.turns[1], images: [{ imageId: second, file: 'none.png' }] }] }],
      }),
    )
    await assert.rejects(
      runCases(folder, join(root, 'packages/ace/test/fixtures/tiny-model'), join(folder, 'bad'), { processes: 2 }),
      /none\.png/,
    )
  })
})
