import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Device, GenerateRequest } from '@atelier/ace'
import type { Manifest, WorkerReport } from '@atelier/contracts'
import { readManifest } from '@atelier/contracts/model-folder'
import { fixture } from '../repository.js'
import { startStack, type Stack } from '../start-stack.js'
import type { DrawRequest } from './draw-requests.js'
import type { Row } from './outcome.js'
import { takeMemory } from './take-memory.js'

/**
 * `DEVICE=auto` where the driver shows no GPU (on a machine with one it is hidden): a worker must open the model, the
 * tests' tiny one, on the CPU and report why.
 */
export async function checkAuto(): Promise<Row> {
  return withModel(tinyModel, async (start) => {
    const stack = await start({ DEVICE: 'auto', CUDA_VISIBLE_DEVICES: '-1' })
    const headers = { authorization: `Bearer ${stack.token}` }
    const look = async () => {
      const answer = await fetch(`${stack.url}/v1/admin/workers`, { headers })
      return ((await answer.json()) as { data: WorkerReport[] }).data[0]
    }
    // the worker may be ready a moment before it has reported so
    let report = await look()
    for (let looks = 0; report?.device !== 'cpu' && looks < 100; looks++) {
      await sleep(100)
      report = await look()
    }
    const { device, deviceFallback: reason } = report!
    return {
      check: 'DEVICE=auto without a GPU',
      value: `${device}: ${reason ?? 'no reason'}`,
      target: 'cpu, with the reason',
      passed: device === 'cpu' && Boolean(reason),
    }
  })
}

const target = 'model_out_of_memory or another attempt, then a picture'

/**
 * A worker whose model process loses its memory between the opening of the model and a picture: that picture must be tried
 * again by a fresh process, and fail with `model_out_of_memory` if that has no memory either; the next one, with the memory
 * back, must be made.
 *
 * On a CPU it is the tests' tiny model and a picture far too large for what is left: a process that may not grow at all
 * is ended by Node itself now and then.
 *
 * @param options - `folder`: the model on a GPU
 */
export async function checkMemory(
  { device, folder }: { device: Device; folder: string },
  request: DrawRequest,
): Promise<Row> {
  const [large, again] =
    device === 'cpu' ? [square(request, 1536), square(request, 64)] : [request(5, 1), request(5, 1)]
  const prepare = device === 'cpu' ? limitlessTinyModel : (place: string) => symlinkSync(folder, place, 'dir')
  return withModel(prepare, async (start) => {
    const stack = await start({ DEVICE: device })
    const giveBack = await takeMemory(device, stack.pid)
    const without = await outcome(stack, large).finally(giveBack)
    const then = await outcome(stack, again)
    const noticed = without === 'model_out_of_memory' || without.startsWith('a picture at attempt')
    const value = `${without}, then ${then}`
    return { check: 'memory taken away from a worker', value, target, passed: noticed && then === 'a picture' }
  })
}

const square = (request: DrawRequest, side: number): GenerateRequest => ({
  ...request(0, 1),
  width: side,
  height: side,
})

/** Asks for a picture in one step. Returns `a picture`, with its attempt if that is not the first, or the code of the error. */
async function outcome({ client }: Stack, request: GenerateRequest): Promise<string> {
  const { instruction, width, height, guidanceScale, guidanceRescale, seed } = request
  const images: { imageId: string }[] = []
  for (const { image } of request.frames)
    images.push({ imageId: (await client.images.upload(new Uint8Array(image))).id })
  const session = await client.sessions.create()
  const { generations } = await client.turns.create(session.id, {
    instruction,
    images,
    parameters: { width, height, steps: 1, guidanceScale, guidanceRescale, seed },
  })
  const { status, error, attempt } = await client.generations.wait(generations[0]!.id)
  if (status !== 'succeeded') return error?.code ?? status
  return attempt > 1 ? `a picture at attempt ${attempt}` : 'a picture'
}

const tinyModel = (place: string): void => cpSync(fixture('tiny-model'), place, { recursive: true })

/** The tests' tiny model, but it takes pictures of any size. */
async function limitlessTinyModel(place: string): Promise<void> {
  tinyModel(place)
  const manifest = await readManifest(place)
  const limits: Manifest['limits'] = { ...manifest.limits, maxFrameTokens: 65_536 }
  writeFileSync(join(place, 'manifest.json'), JSON.stringify({ ...manifest, limits }))
}

/**
 * Calls `check` with a function that starts the embedded stack with one model, and ends the stack afterwards.
 *
 * @param prepare - puts the model folder in its place
 */
async function withModel(
  prepare: (place: string) => void | Promise<void>,
  check: (start: (env: Record<string, string>) => Promise<Stack>) => Promise<Row>,
): Promise<Row> {
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-check-worker-'))
  let stack: Stack | undefined
  try {
    const models = join(scratch, 'models')
    mkdirSync(models)
    await prepare(join(models, 'model'))
    const { name } = await readManifest(join(models, 'model'))
    return await check(async (env) => {
      stack = await startStack(join(scratch, 'data'), { ...env, MODELS_DIRECTORY: models, DEFAULT_MODEL: name })
      return stack
    })
  } finally {
    await stack?.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}
