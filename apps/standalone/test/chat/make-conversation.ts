import type { Atelier } from '@atelier/client'
import type { CreateTurnInput } from '@atelier/contracts'
import sharp from 'sharp'
import { png } from './composer-steps.js'
import { modelProcess } from './standing-model.js'
import type { Chat } from './start-chat.js'

/** The title of what {@link makeConversation} makes. */
export const title = 'A red house on a meadow'

/** Asks for pictures and waits for them. @returns the id of the first */
async function ask(api: Atelier, sessionId: string, turn: CreateTurnInput): Promise<string> {
  const { generations } = await api.turns.create(sessionId, {
    ...turn,
    parameters: { seed: 1, ...turn.parameters },
  })
  const done = await Promise.all(generations.map(({ id }) => api.generations.wait(id)))
  return done[0]!.images[0]!.id
}

/**
 * A conversation with one of everything: words, edits, a mask, an extended picture, a mention, variations and two
 * branches; beside it some others for the list.
 */
export async function makeConversation(api: Atelier): Promise<string> {
  for (const instruction of [
    'two green triangles on a pink background',
    'a white circle on a black background',
    'a yellow star on a purple background',
  ]) {
    const { id } = await api.sessions.create({ title: instruction })
    await ask(api, id, { instruction })
  }
  const { id } = await api.sessions.create({ title })
  const house = await ask(api, id, { instruction: 'a red house on a meadow' })
  await ask(api, id, { instruction: 'make the house blue', images: [{ imageId: house }], parameters: { count: 3 } })
  const white = { width: 24, height: 24, channels: 3, background: '#fff' } as const
  const mask = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
    .composite([{ input: { create: white }, left: 38, top: 4 }])
    .png()
    .toBuffer()
  const { id: maskId } = await api.images.upload(new Uint8Array(mask), { purpose: 'mask' })
  const star = await ask(api, id, {
    instruction: 'paint a yellow star in the mask',
    images: [{ imageId: house, maskId, maskMode: 'erase' }],
  })
  const wide = await api.images.outpaint(star, { left: 0.25, right: 0.25 })
  const extended = await ask(api, id, {
    instruction: 'extend the picture',
    images: [{ imageId: wide.image.id, maskId: wide.mask.id, maskMode: 'erase' }],
    parentTurnId: (await api.sessions.get(id)).turns.at(-1)!.id,
  })
  await ask(api, id, { instruction: `make it night, but keep the house of @${house}`, images: [{ imageId: extended }] })
  await ask(api, id, { instruction: 'make it night', images: [{ imageId: star }], parameters: { count: 3 } })
  return id
}

/** A conversation whose only generation has failed, because its model was killed each time. */
export async function makeFailure(chat: Chat): Promise<string> {
  const { id } = await chat.api.sessions.create({ title: 'A pink house' })
  // pictures make each step slower: some seconds are left to kill it in
  const pictures = await Promise.all(
    [40, 200].map(async (red) => chat.api.images.upload(new Uint8Array(await png(64, 64, red)))),
  )
  const { generations } = await chat.api.turns.create(id, {
    instruction: 'a pink house on a meadow',
    images: pictures.map((image) => ({ imageId: image.id })),
    parameters: { steps: 100, seed: 1 },
  })
  let killed = 0
  const { status } = await chat.api.generations.wait(generations[0]!.id, {
    onProgress: ({ attempt }) => {
      // once each time: late news of an attempt would kill the process that is just being started for the next one
      if (attempt <= killed) return
      const pid = modelProcess(chat.stack.process.pid!)
      if (pid === undefined) return
      process.kill(pid, 'SIGKILL')
      killed = attempt
    },
  })
  if (status !== 'failed') throw new Error(`it has ${status} although its model was killed`)
  return id
}
