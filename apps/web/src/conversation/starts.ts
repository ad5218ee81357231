import type { CreateTurnInput } from '@atelier/contracts'
import { atelier } from '../server/client.js'
import described from './starts.json' with { type: 'json' }

/** A kind of thing that people can do here. */
export type StartKind = 'create' | 'edit' | 'mask' | 'outpaint' | 'reference' | 'undo'

/** A first turn that works well, with the pictures that show what it does. */
export interface Start {
  kind: StartKind
  /** As people read it, in the parts before and behind the picture that it mentions; one part: it mentions none. */
  instruction: string[]
  /** Addresses of the picture before (null: there is none) and of the one that comes out. */
  before: string | null
  after: string
  /** Begins it: sends turns until the last one is under way. */
  run(send: (turn: CreateTurnInput) => Promise<Sent>): Promise<void>
}

/** What became of a turn that was sent. */
export interface Sent {
  sessionId: string
  generationId: string
}

const addressOf = (name: string): string => new URL(`starts/${name}.png`, document.baseURI).href

async function upload(name: string, purpose?: 'mask') {
  const file = await fetch(addressOf(name)).then((response) => response.blob())
  return atelier.images.upload(file, purpose ? { purpose } : {})
}

type Described = (typeof described)['starts'][number]

/** The pictures of the first turn, uploaded. */
async function imagesOf({ picture, mask, sides }: Described): Promise<NonNullable<CreateTurnInput['images']>> {
  if (!picture) return []
  const source = await upload(picture)
  if (sides) {
    const { image, mask: added } = await atelier.images.outpaint(source.id, sides)
    return [{ imageId: image.id, maskId: added.id, maskMode: 'erase' }]
  }
  if (!mask) return [{ imageId: source.id }]
  return [{ imageId: source.id, maskId: (await upload('mask-area', 'mask')).id, maskMode: 'keep' }]
}

const startOf = (one: Described): Start => ({
  kind: one.kind as StartKind,
  instruction: one.instruction.split('{picture}'),
  before: one.first ? addressOf(`${one.kind}-first`) : one.picture ? addressOf(one.picture) : null,
  after: addressOf(one.kind),
  run: async (send) => {
    const images = await imagesOf(one)
    const parameters = { seed: one.seed }
    const instruction = one.instruction.replace('{picture}', `@${images[0]?.imageId}`)
    const { sessionId, generationId } = await send({ instruction: one.first ?? instruction, images, parameters })
    if (!one.first) return
    const [changed] = (await atelier.generations.wait(generationId)).images
    // The conversation hears of this turn by its events.
    if (changed) await atelier.turns.create(sessionId, { instruction, images: [{ imageId: changed.id }], parameters })
  },
})

/** The starts of a model: those whose pictures it has made. Another model has none, and is shown by its examples. */
export const startsOf = (model: string): Start[] => (model === described.model ? described.starts.map(startOf) : [])
