import assert from 'node:assert/strict'
import type { Generation, Turn } from '@atelier/contracts'
import sharp from 'sharp'
import { uploaded, type TestApi } from './test-api.js'

/** What {@link richSession} made. */
export interface RichSession {
  id: string
  /** `root` (two variations, one repeated), `masked` and `failed` (its branches), `wide` (sees both), `open` (waits). */
  turns: Record<'root' | 'masked' | 'failed' | 'wide' | 'open', Turn>
  photoId: string
  maskId: string
  /** The root's first picture. */
  firstId: string
}

/** A session with everything that one can have: branches, a mask, a mention, variations, each way to end, a repeat. */
export async function richSession(api: TestApi): Promise<RichSession> {
  const id = await api.session()
  await api.send('PATCH', `/v1/sessions/${id}`, { body: { title: 'All of it' } })
  const ask = async (body: object): Promise<{ turn: Turn; generations: Generation[] }> => {
    const answer = await api.send('POST', `/v1/sessions/${id}/turns`, { body })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    return answer.body as { turn: Turn; generations: Generation[] }
  }
  const photoId = (await uploaded(api)).id
  const white = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#fff' } })
    .png()
    .toBuffer()
  const maskId = ((await api.upload(white, { purpose: 'mask' })).body as { id: string }).id

  const root = await ask({ instruction: 'a circle', images: [], parameters: { count: 2, seed: 7 } })
  const [first, second] = root.generations
  await api.finish(first!.id, '#c33')
  await api.finish(second!.id, '#33c')
  const firstId = ((await api.send('GET', `/v1/generations/${first!.id}`)).body as Generation).images[0]!.id
  const repeated = (await api.send('POST', `/v1/generations/${first!.id}/reproduce`)).body as Generation
  await api.finish(repeated.id, '#c33')

  const masked = await ask({
    instruction: `put @${firstId} into it`,
    images: [{ imageId: photoId, maskId, maskMode: 'erase' }],
    parentTurnId: root.turn.id,
  })
  await api.finish(masked.generations[0]!.id)
  const failed = await ask({ instruction: 'make it red', images: [{ imageId: firstId }], parentTurnId: root.turn.id })
  const claim = await api.database.work.claim(failed.generations[0]!.id, 'wrk_0000000000000000')
  await api.database.work.fail(claim!, { code: 'model_failed', message: 'It failed.' }, { encodeMs: 2.5 })
  const wide = await ask({
    instruction: 'again',
    images: [{ imageId: firstId }],
    parentTurnId: failed.turn.id,
    history: { mode: 'session' },
    parameters: { count: 2 },
  })
  await api.finish(wide.generations[0]!.id, '#3cc')
  await api.send('POST', `/v1/generations/${wide.generations[1]!.id}/cancel`)
  const open = await ask({ instruction: 'still waiting' })
  await api.send('PATCH', `/v1/sessions/${id}`, { body: { activeTurnId: wide.turn.id } })
  return {
    id,
    photoId,
    maskId,
    firstId,
    turns: { root: root.turn, masked: masked.turn, failed: failed.turn, wide: wide.turn, open: open.turn },
  }
}
