import { createHash } from 'node:crypto'
import { statSync, truncateSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Failpoint } from '@atelier/service'
import { png } from '../drive/png.js'
import { RestClient, type Call } from '../drive/rest.js'
import { tinyModel } from '../root.js'
import type { ManagedProcess } from '../stack/managed-process.js'
import type { World } from './world.js'

/** Makes a process pass a failpoint, as far as the load of the scenario does not do it by itself. */
type Action = (world: World, process: ManagedProcess) => Promise<unknown>

/** The owner that does everything here. */
const owner = ({ drive }: World) => drive.owners[0]!

/** Sends a request to the API that is to end, then, if that did not answer, to any, until it is answered. */
async function ask(world: World, call: Call, token = owner(world).token) {
  const { stack, drive, random } = world
  const first = await new RestClient(stack.ownUrls.slice(0, 1), token, drive.log, random)
    .once(call)
    .catch(() => undefined)
  if (first && first.status < 500) return first
  return new RestClient(stack.urls, token, drive.log, random).call(call)
}

let calls = 0
const newKey = () => `failpoint-${(calls += 1)}`

async function upload(world: World): Promise<string | undefined> {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(png(world.random.between(0, 2 ** 24 - 1)))]), 'picture.png')
  const answer = await ask(world, { method: 'POST', path: '/v1/images', form, key: newKey() })
  return answer?.body.id as string | undefined
}

const uploadAndDelete: Action = async (world) => {
  const id = await upload(world)
  if (id) await ask(world, { method: 'DELETE', path: `/v1/images/${id}` })
}

const outpaint: Action = async (world) => {
  const id = await upload(world)
  if (id) await ask(world, { method: 'POST', path: `/v1/images/${id}/outpaint`, body: { top: 0.5 }, key: newKey() })
}

/** Forks a session that has pictures, and deletes the fork again. */
const fork: Action = async (world) => {
  const [row] = await world.stack.postgres.query<{ id: string }>(
    `SELECT g.session_id AS id FROM generations g WHERE g.owner_id = $1 AND g.status = 'succeeded' LIMIT 1`,
    [owner(world).ownerId],
  )
  if (!row) return
  const made = await ask(world, { method: 'POST', path: `/v1/sessions/${row.id}/fork`, body: {}, key: newKey() })
  if (made?.status === 201) await ask(world, { method: 'DELETE', path: `/v1/sessions/${made.body.id}` })
}

/** A picture in OpenAI's words, and its session deleted again. */
const door: Action = async (world) => {
  const body = { prompt: 'a red circle', seed: world.random.between(0, 1e9) }
  const made = await ask(world, { method: 'POST', path: '/openai/v1/images/generations', body, key: newKey() })
  const session = (made?.body.data?.[0]?.session_id ?? made?.body.session_id) as string | undefined
  if (session) await ask(world, { method: 'DELETE', path: `/v1/sessions/${session}` })
}

const cancelWaiting: Action = (world) =>
  ask(world, { method: 'POST', path: '/v1/admin/queue/drain' }, world.stack.adminToken)

/** Makes an upload what older versions stored: with its metadata, and not marked as clean. Then lets it be cleaned. */
const cleanOld: Action = async (world) => {
  const { postgres, store, adminToken } = world.stack
  const id = await upload(world)
  if (!id) return
  const [image] = await postgres.query<{ key: string }>('SELECT object_key AS key FROM images WHERE id = $1', [id])
  const file = png(world.random.between(0, 2 ** 24 - 1), 'made by hand')
  await store.objects.put(image!.key, file, { contentType: 'image/png' })
  const hash = createHash('sha256').update(file).digest('hex')
  await postgres.query('UPDATE images SET sha256 = $2, bytes = $3, source_sha256 = NULL WHERE id = $1', [
    id,
    hash,
    file.length,
  ])
  await ask(world, { method: 'POST', path: '/v1/admin/objects/clean', body: { limit: 1000 } }, adminToken)
}

/** Lets messages about the owner's generations be sent to a receiver of our own. */
const receiveMessages: Action = async (world, process) => {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  await new Promise((resolve) => {
    server.once('listening', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const armed = process.pid
  const made = await ask(world, { method: 'POST', path: '/v1/webhooks', body: { url }, key: newKey() })
  await world.until(() => process.pid !== armed, 30_000)
  await ask(world, { method: 'DELETE', path: `/v1/webhooks/${made?.body.id}` })
  server.close()
  server.closeAllConnections()
}

/** Generations that a worker runs. */
const runningOn = async (world: World, process: ManagedProcess) =>
  (await world.running()).filter(({ worker }) => worker === process)

/**
 * Cancels what a worker is about to finish without telling it, as when a notice is lost on the way: it finds out in the
 * transaction of its success. The store is slow meanwhile, so that there is time.
 */
const cancelLate: Action = async (world, process) => {
  const armed = process.pid
  world.stack.links.set('store', { latencyMs: 300 }, process.name)
  for (const end = performance.now() + 30_000; process.pid === armed && performance.now() < end; await sleep(20)) {
    await world.stack.postgres.query(
      `UPDATE generations g SET cancel_requested_at = now() FROM workers w
       WHERE w.id = g.worker_id AND w.pid = $1 AND g.status = 'running' AND g.step = (g.parameters->>'steps')::int`,
      [armed],
    )
  }
  world.stack.links.set('store', {}, process.name)
}

/** Cancels what a worker runs, as its owner. */
const cancelRunning: Action = async (world, process) => {
  for (const { generationId } of await runningOn(world, process)) {
    const one = world.drive.owners.find(({ generations }) => generations.includes(generationId))
    if (one) await ask(world, { method: 'POST', path: `/v1/generations/${generationId}/cancel` }, one.token)
  }
}

/** Takes the queue away from a worker whose model hangs, until it gives the generation back. */
const loseLock: Action = async (world, process) => {
  const armed = process.pid
  await world.until(async () => (await runningOn(world, process)).length > 0, 20_000)
  const model = process.signalChild('SIGSTOP')
  world.stack.links.set('queue', { state: 'cut' }, process.name)
  await world.until(() => process.pid !== armed, 40_000)
  world.stack.links.set('queue', {}, process.name)
  // the process is gone and nobody else ends a model that is stopped
  process.signalChild('SIGKILL', model)
}

/** Damages the model of a worker until it hands a generation to others. */
const damageModel: Action = async (world, process) => {
  const armed = process.pid
  const file = join(world.stack.modelOf(process), 'denoiser.onnx')
  truncateSync(file, Math.floor(statSync(file).size / 2))
  process.signalChild('SIGKILL')
  await world.until(() => process.pid !== armed, 30_000)
  await copyFile(join(tinyModel, 'denoiser.onnx'), file)
}

/** What the load does not do by itself, by failpoint. */
export const actions: Partial<Record<Failpoint, Action>> = {
  'waiting-cancelled': cancelWaiting,
  'upload-file-stored': uploadAndDelete,
  'upload-files-stored': uploadAndDelete,
  'outpaint-picture-stored': outpaint,
  'door-session-stored': door,
  'archive-file-stored': fork,
  'archive-files-stored': fork,
  'rows-deleted': uploadAndDelete,
  'object-deleted': uploadAndDelete,
  'cleaned-file-stored': cleanOld,
  'cleaned-files-stored': cleanOld,
  'cleaned-row-stored': cleanOld,
  'message-sent': receiveMessages,
  'late-cancel-stored': cancelLate,
  'late-picture-deleted': cancelLate,
  'end-stored': cancelRunning,
  'release-stored': loseLock,
  'handover-stored': damageModel,
}
