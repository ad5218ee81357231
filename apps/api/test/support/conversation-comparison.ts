import assert from 'node:assert/strict'
import { shownGenerations, type SessionWithTurns, type TurnInTree, type TurnPage } from '@atelier/contracts'
import sharp from 'sharp'
import type { ConversationModel, ModelSession, ModelTurn } from './conversation-model.js'
import type { Person, TestApi } from './test-api.js'

/** Width and height of every picture and mask. */
export const side = 32

/** One of the items, whatever the number. */
export const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % items.length]

/** A picture whose colour nobody else has, or a mask with a white row. */
export const picture = (n: number) =>
  sharp({
    create: { width: side, height: side, channels: 3, background: { r: n >> 16, g: (n >> 8) & 255, b: n & 255 } },
  })
    .png()
    .toBuffer()

/** Uploads are stored as what was decoded of them: the same pixels in other bytes. */
const pixels = (file: Uint8Array) => sharp(file).removeAlpha().raw().toBuffer()

/** Compares what the API answers with what the model says, in every way that there is to read a conversation. */
export class ConversationComparison {
  private readonly asked = new Set<string>()
  private comparisons = 0

  constructor(
    private readonly api: TestApi,
    private readonly person: Person,
    private readonly model: ConversationModel,
  ) {}

  private get(url: string) {
    return this.api.send('GET', url, { as: this.person })
  }

  /** All turns of a query, page by page from the newest back. */
  async pages(sessionId: string, query: string, limit: number): Promise<TurnInTree[]> {
    const turns: TurnInTree[] = []
    let cursor = ''
    for (;;) {
      const { status, body } = await this.get(`/v1/sessions/${sessionId}/turns?${query}&limit=${limit}${cursor}`)
      assert.equal(status, 200, JSON.stringify(body))
      const { data, before, after } = body as TurnPage
      assert.ok(data.length <= limit)
      assert.equal(after === null, cursor === '', 'only the newest page has nothing after it')
      turns.unshift(...data)
      if (before === null) return turns
      assert.equal(data.length, limit)
      cursor = `&before=${before}`
    }
  }

  /** Every session as the API tells it and as the model has it; now and then one of them with all ways to read it. */
  async some(): Promise<void> {
    const turn = ++this.comparisons
    const chosen = turn % 4 ? undefined : pick(this.model.sessions, turn / 4)
    for (const session of this.model.sessions) {
      if (session === chosen) await this.compareSession(session)
      else if (turn % 2) await this.compareTurns(session, 100)
      else await this.comparePath(session, 1 + (turn % 7))
    }
  }

  private async compareSession(session: ModelSession): Promise<void> {
    const limit = 1 + (this.comparisons % 7)
    await this.compareTurns(session, 3 * limit)
    const path = await this.comparePath(session, limit)
    assert.deepEqual(ids(await this.pages(session.id, 'path=active', 2 * limit)), path)
    await this.compareBranch(session, limit)
    await this.compareLcus(session)
  }

  private async compareTurns(session: ModelSession, limit: number): Promise<void> {
    const all = await this.pages(session.id, 'path=all', limit)
    assert.deepEqual(
      all.map(seen),
      session.turns.map((turn) => this.shown(session, turn)),
    )
  }

  private async comparePath(session: ModelSession, limit: number): Promise<string[]> {
    const real = (await this.get(`/v1/sessions/${session.id}?limit=${limit}`)).body as SessionWithTurns
    const path = ids(this.model.path(session, session.active))
    assert.deepEqual([real.activeTurnId, ids(real.turns)], [session.active, path.slice(-limit)])
    return path
  }

  /** What an answer shows of a turn. */
  private shown(session: ModelSession, { id, parent, instruction, images, history, generations }: ModelTurn) {
    const siblings = this.model.siblings(session, { id, parent } as ModelTurn)
    return {
      id,
      parent,
      instruction,
      images,
      history,
      place: [siblings.indexOf(id), siblings.length],
      generationCount: generations.length,
      generations: generations.slice(-shownGenerations).map(({ lcu: _lcu, dropped: _dropped, ...rest }) => rest),
    }
  }

  /** The path through some turn, forwards, and that turn's siblings. */
  private async compareBranch(session: ModelSession, limit: number): Promise<void> {
    const turn = pick(session.turns, this.comparisons)
    if (!turn) return
    const path = ids(this.model.pathThrough(session, turn.id))
    const at = this.comparisons % path.length
    const url = `/v1/sessions/${session.id}/turns?turn=${turn.id}&limit=${limit}&after=${path[at]}`
    const { data, before, after } = (await this.get(url)).body as TurnPage
    const expected = path.slice(at + 1, at + 1 + limit)
    assert.deepEqual(ids(data), expected)
    assert.deepEqual([before, after], [expected[0] ?? null, path.length > at + 1 + limit ? expected.at(-1) : null])
    const siblings: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const next: string = cursor && `&cursor=${cursor}`
      const { body } = await this.get(`/v1/turns/${turn.id}/siblings?limit=${limit}${next}`)
      siblings.push(...ids(body.data as TurnInTree[]))
      cursor = body.nextCursor
    }
    assert.deepEqual(siblings, this.model.siblings(session, turn))
  }

  /** What the model saw never changes, so each generation is asked once here, and again at the end. */
  private async compareLcus({ turns }: ModelSession, all = false): Promise<void> {
    for (const { id, lcu, dropped } of turns.flatMap(({ generations }) => generations)) {
      if (this.asked.has(id) && !all) continue
      this.asked.add(id)
      const { body } = await this.get(`/v1/generations/${id}`)
      assert.deepEqual([body.lcu, body.historyDropped], [lcu, dropped])
    }
  }

  /** Everything at the end; each generation still has the LCU that it began with. */
  async all(): Promise<void> {
    for (const session of this.model.sessions) {
      await this.compareSession(session)
      await this.compareLcus(session, true)
    }
    await this.compareImages()
  }

  /** Every picture is there, with its objects; what was deleted is not. */
  private async compareImages(): Promise<void> {
    for (const image of this.model.images.values()) {
      const { headers } = this.person
      const { statusCode, rawPayload } = await this.api.app.inject({
        method: 'GET',
        url: `/v1/images/${image.id}/content`,
        headers,
      })
      assert.equal(statusCode, 200)
      const expected = image.mask ? null : await picture(Number(image.file.split(' ')[1]))
      // uploads are stored as what was decoded, so their bytes differ and their pixels do not
      if (expected) assert.ok((await pixels(expected)).equals(await pixels(rawPayload)), `${image.id} is ${image.file}`)
    }
    for (const id of this.model.gone) assert.equal((await this.get(`/v1/images/${id}`)).status, 404)
  }
}

const ids = (turns: readonly { id: string }[]): string[] => turns.map(({ id }) => id)

function seen({ id, parentTurnId, instruction, images, history, generations, ...place }: TurnInTree) {
  return {
    id,
    parent: parentTurnId,
    instruction,
    images,
    history,
    place: [place.siblingIndex, place.siblingCount],
    generationCount: place.generationCount,
    generations: generations.map((generation) => ({
      id: generation.id,
      seed: generation.seed,
      status: generation.status,
      images: generation.images.map((image) => image.id),
      repeats: generation.reproduction?.generationId ?? null,
    })),
  }
}
