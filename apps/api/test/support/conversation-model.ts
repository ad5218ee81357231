import type { CreateTurn, Lcu, TurnImage } from '@atelier/contracts'

// Conversations as they should be, in memory and in the simplest words there are. It shares no code with the real thing.

/** A picture or mask; `file` stands for its bytes. `madeAt` orders what generations made. */
export interface ModelImage {
  id: string
  mask: boolean
  file: string
  turnId: string | null
  madeAt: number
}
/** A run of the model. */
export interface ModelGeneration {
  id: string
  seed: number
  status: 'queued' | 'succeeded' | 'failed' | 'cancelled'
  images: string[]
  lcu: Lcu
  dropped: string[]
  repeats: string | null
}
/** A turn. */
export interface ModelTurn {
  id: string
  parent: string | null
  instruction: string
  images: TurnImage[]
  history: CreateTurn['history']
  generations: ModelGeneration[]
}
/** A session; `turns` in the order of their creation. */
export interface ModelSession {
  id: string
  active: string | null
  turns: ModelTurn[]
}

/** What a turn should become, or the code that refuses it. */
export type Expected =
  { code: string } | { images: TurnImage[]; parent: string | null; lcu: (turnId: string) => Lcu; dropped: string[] }

const frames = 9
const plain = (imageId: string): TurnImage => ({ imageId, maskId: null, maskMode: 'keep' })

/** One owner's conversations. */
export class ConversationModel {
  sessions: ModelSession[] = []
  readonly images = new Map<string, ModelImage>()
  readonly gone = new Set<string>()

  /** From a root to a turn, both included. */
  path(session: ModelSession, turnId: string | null): ModelTurn[] {
    const turn = session.turns.find(({ id }) => id === turnId)
    return turn ? [...this.path(session, turn.parent), turn] : []
  }

  /** The path through a turn: to it, and on by the newest turn at each fork. */
  pathThrough(session: ModelSession, turnId: string): ModelTurn[] {
    const next = session.turns.findLast(({ parent }) => parent === turnId)
    return next ? this.pathThrough(session, next.id) : this.path(session, turnId)
  }

  siblings(session: ModelSession, turn: ModelTurn): string[] {
    return session.turns.filter(({ parent }) => parent === turn.parent).map(({ id }) => id)
  }

  /** What a turn after `turnId` edits when it names no image. */
  latest(session: ModelSession, turnId: string | null): string | null {
    for (const turn of this.path(session, turnId).toReversed()) {
      const made = turn.generations.filter(({ repeats }) => repeats === null).flatMap(({ images }) => images)
      made.sort((a, b) => this.images.get(b)!.madeAt - this.images.get(a)!.madeAt)
      const found = made[0] ?? turn.images[0]?.imageId
      if (found) return found
    }
    return null
  }

  /** What becomes of a request. */
  expect(session: ModelSession, request: CreateTurn): Expected {
    const mentioned = [
      ...new Set(
        request.instruction
          .split('@img_')
          .slice(1)
          .map((rest) => `img_${rest.slice(0, 16)}`),
      ),
    ]
    const attached = request.images ?? []
    const inMentionOrder = [
      ...mentioned.flatMap((id) => {
        const uses = attached.filter(({ imageId }) => imageId === id)
        return uses.length ? uses : [plain(id)]
      }),
      ...attached.filter(({ imageId }) => !mentioned.includes(imageId)),
    ]
    let images = inMentionOrder.length > attached.length ? inMentionOrder : [...attached]
    if (images.length > frames) return { code: 'too_many_images' }
    if (mentioned.some((id) => !this.images.has(id))) return { code: 'unknown_mention' }
    for (const { imageId, maskId } of attached) {
      if (!this.images.has(imageId) || (maskId !== null && !this.images.has(maskId))) return { code: 'unknown_image' }
      if (maskId !== null && !this.images.get(maskId)!.mask) return { code: 'not_a_mask' }
    }
    const has = (id: string) => session.turns.some((turn) => turn.id === id)
    const { parentTurnId } = request
    const at = parentTurnId === undefined ? session.active : parentTurnId
    if (request.images === undefined && !mentioned.length) {
      const latest = this.latest(session, at)
      if (latest) images = [plain(latest)]
    }
    if (parentTurnId && !has(parentTurnId)) return { code: 'unknown_turn' }
    const parent = parentTurnId === undefined ? this.parent(session, images[0]?.imageId) : parentTurnId
    return { images, parent, ...this.lcu(session, request, images, parent) }
  }

  private parent(session: ModelSession, first: string | undefined): string | null {
    const maker = session.turns.find((turn) => first !== undefined && turn.id === this.images.get(first)!.turnId)
    const user = session.turns.find((turn) => turn.images.some(({ imageId }) => imageId === first))
    return (maker ?? user)?.id ?? session.active
  }

  private lcu(session: ModelSession, { history, instruction }: CreateTurn, images: TurnImage[], parent: string | null) {
    const all = history.mode === 'none' ? [] : history.mode === 'session' ? session.turns : this.path(session, parent)
    const limit = history.limit ?? 5
    const wanted = all
      .filter((turn) => turn.images.length)
      .toReversed()
      .slice(0, limit)
    let room = frames - images.length
    let fits = 0
    while (fits < wanted.length && (room -= wanted[fits]!.images.length) >= 0) fits++
    const units = wanted
      .slice(0, fits)
      .toReversed()
      .map(({ id, instruction: text, images: used }) => ({ id, text, used }))
    const dropped = wanted
      .slice(fits)
      .toReversed()
      .map(({ id }) => id)
    const lcu = (turnId: string): Lcu => {
      const named: Lcu = []
      const names: [string, string][] = []
      let count = 0
      for (const { id, text, used } of [...units, { id: turnId, text: instruction, used: images }]) {
        const own = used.map((image) => ({ ...image, indicator: count ? `{image${count++}}` : (count++, '{image}') }))
        names.push(...own.map(({ imageId, indicator }): [string, string] => [imageId, indicator]))
        named.push({ turnId: id, instruction: text, images: own })
      }
      for (const unit of named) {
        const [start, ...mentions] = unit.instruction.split('@img_')
        unit.instruction = [
          start,
          ...mentions.map((rest) => {
            const imageId = `img_${rest.slice(0, 16)}`
            const own = unit.images.find((image) => image.imageId === imageId)?.indicator
            return `${own ?? names.findLast(([id]) => id === imageId)?.[1] ?? 'image'}${rest.slice(16)}`
          }),
        ]
          .join('')
          .trim()
      }
      return named
    }
    return { lcu, dropped }
  }

  /** Turns that use an image, in any session. */
  users(imageId: string): ModelTurn[] {
    return this.sessions
      .flatMap(({ turns }) => turns)
      .filter((turn) => turn.images.some((image) => image.imageId === imageId || image.maskId === imageId))
  }

  /** Turns that keep a turn from being deleted. */
  keepers(session: ModelSession, turn: ModelTurn): string[] {
    return session.turns
      .filter(
        (other) =>
          other !== turn &&
          (other.parent === turn.id ||
            other.generations.some(({ lcu }) => lcu.some(({ turnId }) => turnId === turn.id))),
      )
      .map(({ id }) => id)
  }

  /** Takes turns away, and the images that are left to nobody. */
  removeTurns(session: ModelSession, turns: readonly ModelTurn[]): void {
    session.turns = session.turns.filter((turn) => !turns.includes(turn))
    const touched = new Set(
      turns.flatMap((turn) => [
        ...turn.images.flatMap(({ imageId, maskId }) => (maskId ? [imageId, maskId] : [imageId])),
        ...turn.generations.flatMap(({ images }) => images),
      ]),
    )
    const remaining = new Set(this.sessions.flatMap((one) => one.turns).map(({ id }) => id))
    for (const id of touched) {
      const image = this.images.get(id)!
      if (image.turnId !== null && remaining.has(image.turnId)) continue
      if (this.users(id).length) image.turnId = null
      else this.removeImage(id)
    }
  }

  removeImage(id: string): void {
    this.images.delete(id)
    this.gone.add(id)
    for (const { generations } of this.sessions.flatMap(({ turns }) => turns))
      for (const generation of generations) generation.images = generation.images.filter((image) => image !== id)
  }
}
