import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import sharp from 'sharp'
import { Atelier } from '@atelier/client'
import { eventually, freePort } from '@atelier/testing'
import { root, startStack, type StartedStack } from './start-stack.js'

const folder = mkdtempSync(join(tmpdir(), 'atelier readme '))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const section = readme.slice(readme.indexOf('## Use it'), readme.indexOf('## In production'))
const [typescript] = Array.from(section.matchAll(/```ts\n([\s\S]*?)```/g), (match) => match[1]!)
const blocks = Array.from(section.matchAll(/```sh\n([\s\S]*?)```/g), (match) => match[1]!)
let stack: StartedStack

beforeAll(async () => {
  stack = await startStack({ ATELIER_DATA: join(folder, '.atelier'), PORT: String(await freePort()) })
  cpSync(join(root, 'docs/pictures'), join(folder, 'docs/pictures'), { recursive: true })
})
afterAll(async () => {
  await stack.stop('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

describe('the lines of the README', () => {
  it('work word for word, one block after the other', async () => {
    assert.equal(blocks.length, 4)
    const script = blocks.join('\n').replaceAll('http://127.0.0.1:8080', stack.url)
    const run = spawnSync('bash', ['-euo', 'pipefail', '-c', `${script}\necho; echo "SESSION=$SESSION"`], {
      cwd: folder,
      encoding: 'utf8',
      // it waits for its first picture, which may have failed
      timeout: 240_000,
    })
    assert.equal(run.status, 0, run.stderr)
    assert.ok(existsSync(join(folder, 'circle.png')) && statSync(join(folder, 'circle.png')).size > 100, run.stderr)
    assert.equal((await sharp(join(folder, 'circle.png')).metadata()).format, 'png')

    const headers = { authorization: `Bearer ${readFileSync(join(folder, '.atelier/key'), 'utf8').trim()}` }
    const sessionId = /SESSION=(\S+)/.exec(run.stdout)![1]
    const turns = async () =>
      ((await (await fetch(`${stack.url}/v1/sessions/${sessionId}/turns?path=all`, { headers })).json()) as any).data
    const seen = async (turn: any) =>
      ((await (await fetch(`${stack.url}/v1/generations/${turn.generations[0].id}`, { headers })).json()) as any).lcu
    const picture = async (turn: any) =>
      (await fetch(`${stack.url}/v1/images/${turn.generations[0].images[0].id}/content`, { headers })).arrayBuffer()
    const allEnded = async () => (await turns()).every((t: any) => t.generations[0].finishedAt)
    await eventually('all generations have ended', allEnded, 120_000)
    const [first, edit, upload, branch] = await turns()
    assert.deepEqual(
      [first, edit, upload, branch].map((t) => t.generations[0].status),
      Array(4).fill('succeeded'),
    )
    assert.equal((await seen(edit)).at(-1).images[0].imageId, first.generations[0].images[0].id)
    assert.equal((await seen(upload)).at(-1).instruction, 'make the circle in {image1} pink', 'after the first edit')
    const { data: pixels, info } = await sharp(await picture(upload))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    const pixel = (x: number, y: number) => pixels.subarray((y * info.width + x) * 3).subarray(0, 3)
    const [red, green, blue] = pixel(info.width >> 1, info.height >> 1)
    assert.ok(red! > 200 && green! < 200 && blue! > green!, `the circle is pink, not ${[red, green, blue]}`)
    assert.ok(Math.max(...pixel(2, info.height >> 1)) < 140, 'it is still night')
    assert.deepEqual([branch.parentTurnId, (await seen(branch)).length], [first.id, 1])
    assert.ok(run.stdout.includes('"instruction":"a red circle on a blue background"'))
    assert.equal(readFileSync(join(folder, 'conversation.zip')).subarray(0, 2).toString(), 'PK')
    const { data } = (await (await fetch(`${stack.url}/v1/sessions`, { headers })).json()) as any
    assert.equal(data.length, 2, 'the imported one beside the first')
  })

  it('work from TypeScript', async () => {
    // The example's only syntax beyond JavaScript is the exclamation mark that says "is there".
    const script = typescript!.replaceAll('http://127.0.0.1:8080', stack.url).replaceAll(/!(?=[.,} )])/g, '')
    const env = { ...process.env, ATELIER_KEY: readFileSync(join(folder, '.atelier/key'), 'utf8').trim() }
    // its picture is made after these, when it surely listens
    const atelier = new Atelier({ url: stack.url, token: env.ATELIER_KEY })
    const { id } = await atelier.sessions.create()
    const parameters = { steps: 100, width: 128, height: 128, count: 2 }
    await atelier.turns.create(id, { instruction: 'a red circle', parameters })
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, env, encoding: 'utf8' })
    assert.equal(run.status, 0, run.stderr)
    assert.match(run.stdout, /\d+\/\d+\n/)
    assert.match(run.stdout, /\/objects\/generations\/gen_\w+\/0\.png/)
  })
})
