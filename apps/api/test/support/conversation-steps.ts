import type { CreateTurn } from '@atelier/contracts'
import { pick } from './conversation-comparison.js'
import type { ConversationModel, ModelSession } from './conversation-model.js'

/** One thing to do; numbers choose among what there is at that moment. */
export interface Step {
  kind: keyof typeof stepKinds
  a: number
  b: number
  c: number
  d: number
}

/** What there is to do, and how often. */
export const stepKinds = {
  session: 1,
  upload: 4,
  mask: 2,
  again: 1,
  turn: 12,
  finish: 12,
  fail: 1,
  cancel: 1,
  retry: 3,
  reproduce: 2,
  move: 3,
  fork: 2,
  copy: 1,
  deleteTurn: 4,
  deleteImage: 3,
  deleteSession: 1,
}

/** The turn that a step asks for: its numbers choose among the pictures, masks and turns there are, and some there are not. */
export function chooseTurn(model: ConversationModel, session: ModelSession, { b, c, d }: Step): CreateTurn {
  const pictures = [...model.images.values()].filter((image) => !image.mask).map(({ id }) => id)
  const masks = [...model.images.values()].filter((image) => image.mask).map(({ id }) => id)
  const one = pick(pictures, b)
  const two = pick(pictures, c)
  const stranger = pick([...model.gone], d) ?? 'img_0000000000000000'
  const instruction = pick(
    [
      'a red ball',
      ' make it blue ',
      one ? `paint @${one}.` : 'x',
      one && two ? `(@${two}) on @${one}, @${two}!` : 'y',
      d % 7 === 0 ? `like @${stranger}` : 'bigger',
    ],
    c,
  )!
  const attached =
    one === undefined
      ? []
      : Array.from({ length: 1 + (d % 3) }, (_, i) => {
          const maskId = d % 4 === 1 ? (pick(masks, c) ?? null) : d % 17 === 2 ? one : null
          return {
            imageId: d % 23 === 1 ? stranger : pick(pictures, b + i)!,
            maskId,
            maskMode: maskId !== null && d % 2 ? ('erase' as const) : ('keep' as const),
          }
        })
  const images = pick([undefined, undefined, [], attached, attached], d)
  const place = pick(
    [
      undefined,
      undefined,
      undefined,
      pick(session.turns, b)?.id,
      pick(session.turns, b)?.parent,
      null,
      d % 5 === 0
        ? pick(
            model.sessions.flatMap(({ turns }) => turns),
            c,
          )?.id
        : undefined,
    ],
    b + d,
  )
  const limit = pick([undefined, undefined, 1, 2, 9, 0], c + d)
  return {
    instruction,
    priority: pick(['interactive', 'interactive', 'background'] as const, b + d)!,
    parameters: { count: 1 + (b % 11 === 0 ? 1 : 0), seed: (b * 7919 + c * 104729 + d) % 4294967000 },
    history: {
      mode: pick(['lineage', 'lineage', 'session', 'none'] as const, b + c)!,
      ...(limit !== undefined && { limit }),
    },
    ...(images && { images }),
    ...(place !== undefined && { parentTurnId: place }),
  }
}
