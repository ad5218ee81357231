import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { freePort } from '@atelier/testing'
import sharp from 'sharp'
import { root, startStack, type StartedStack } from '../start-stack.js'

const run = promisify(execFile)
const page = await readFile(join(root, 'docs/clients.md'), 'utf8')
const blocksOf = (language: string) =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm')), (match) => match[1]!)

describe('the examples of docs/clients.md', () => {
  let stack: StartedStack
  let folder: string
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atelier docs '))
    stack = await startStack({ ATELIER_DATA: join(folder, 'data'), PORT: String(await freePort()) })
    const key = (await readFile(join(folder, 'data/key'), 'utf8')).trim()
    env = { ...process.env, NODE_OPTIONS: '', URL: stack.url, KEY: key }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  })
  afterAll(async () => {
    await stack.stop('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })
  const sessions = async () => {
    const answer = await fetch(`${stack.url}/v1/sessions`, { headers: { authorization: `Bearer ${env.KEY}` } })
    return ((await answer.json()) as { data: { id: string }[] }).data
  }

  it('for curl work word for word, and the edit continues what was made', async () => {
    const script = blocksOf('sh').find((block) => block.startsWith('curl'))!
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env })
    assert.equal((await sharp(join(folder, 'circle.png')).metadata()).format, 'png')
    const { data } = JSON.parse(stdout) as { data: { session_id: string; b64_json: string }[] }
    assert.deepEqual(
      (await sessions()).map(({ id }) => id),
      [data[0]!.session_id],
    )
    const pixels = await sharp(Buffer.from(data[0]!.b64_json, 'base64')).removeAlpha().raw().toBuffer()
    const middle = pixels.subarray((32 * 64 + 32) * 3).subarray(0, 3)
    assert.ok(middle[1]! > 2 * middle[0]!, `the circle is green, not ${[...middle]}`)
  })

  it('in TypeScript are right by type and work word for word', async () => {
    const blocks = blocksOf('ts')
    assert.equal(blocks.length, 4)
    const said: Record<number, RegExp> = {
      0: /image_generation\.completed \d+\n$/,
      1: /^\d{3,}\n$/,
      2: /^\/objects\/generations\//,
      3: /^image_generation_call\n$/,
    }
    await Promise.all(blocks.map((block, index) => writeFile(join(folder, `${index}.ts`), block)))
    const files = blocks.map((_, index) => `${index}.ts`)
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--strict', '--skipLibCheck', '--target', 'es2022']
    await run(process.execPath, [...tsc, '--module', 'nodenext', '--types', 'node', ...files], {
      cwd: folder,
      env,
    }).catch((error: { stdout: string }) => assert.fail(error.stdout))
    for (const index of blocks.keys()) {
      const { stdout } = await run(process.execPath, [`${index}.js`], { cwd: folder, env })
      assert.match(stdout, said[index]!)
    }
  })
})
