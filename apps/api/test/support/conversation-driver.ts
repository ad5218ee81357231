import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { isTerminal, newId, type CreateTurn, type Generation } from '@atelier/contracts'
import sharp from 'sharp'
import { ConversationComparison, pick, picture, side } from './conversation-comparison.js'
import { ConversationModel, type ModelGeneration, type ModelSession, type ModelTurn } from './conversation-model.js'
import { multipart, type Person, type TestApi } from './test-api.js'

const mask = (n: number) =>
  sharp(Buffer.from(Uint8Array.from({ length: side * side }, (_, i) => (Math.floor(i / side) === n ? 255 : 0))), {
    raw: { width: side, height: side, channels: 1 },
  })
    .png()
    .toBuffer()

/** One thing to do; numbers choose among what there is at that moment. */
export interface Step {
  kind: keyof typeof kinds
  a: number
  b: number
  c: number
  d: number
}
const kinds = {
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
/** What there is to do, and how often. */
export const stepKinds = kinds

/** Does steps to the real API and to the model, and compares after each. */
export class ConversationDriver {
  readonly model = new ConversationModel()
  /** How often each thing was done, refusals by their code. */
  readonly done = new Map<string, number>()
  readonly comparison: ConversationComparison
  private static colours = 1
  private static clock = 0

  constructor(
    readonly api: TestApi,
    readonly person: Person,
  ) {
    this.comparison = new ConversationComparison(api, person, this.model)
  }

  private async send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: unknown) {
    return this.api.send(method, url, { as: this.person, ...(body !== undefined && { body }) })
  }

  private count(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1)
  }

  async run(step: Step): Promise<void> {
    this.count(step.kind)
    const session = pick(this.model.sessions, step.a)
    if (step.kind === 'session' || !session) return this.session()
    if (step.kind === 'upload') return this.upload(await picture(step.b % 6), `picture ${step.b % 6}`, false)
    if (step.kind === 'mask') return this.upload(await mask(step.b % 3), `mask ${step.b % 3}`, true)
    if (step.kind === 'again') return this.uploadMade(step.b)
    if (step.kind === 'deleteImage') return this.deleteImage(step.b)
    await this[step.kind](session, step)
    await this.comparison.some()
  }

  private async session(): Promise<void> {
    const { status, body } = await this.send('POST', '/v1/sessions', {})
    assert.equal(status, 201)
    this.model.sessions.push({ id: body.id, active: null, turns: [] })
  }

  private async upload(file: Uint8Array, name: string, isMask: boolean): Promise<void> {
    const { status, body } = await this.api.upload(file, { as: this.person, ...(isMask && { purpose: 'mask' }) })
    assert.equal(status, 201, JSON.stringify(body))
    const same = [...this.model.images.values()].filter((image) => image.file === name && image.mask === isMask)
    if (same.length)
      assert.ok(
        same.some(({ id }) => id === body.id),
        `${name} is there already`,
      )
    else {
      assert.ok(!this.model.images.has(body.id) && !this.model.gone.has(body.id))
      this.model.images.set(body.id, { id: body.id, mask: isMask, file: name, turnId: null, madeAt: 0 })
    }
  }

  /** Uploads what a generation made: it is that picture. */
  private async uploadMade(n: number): Promise<void> {
    const made = pick(
      [...this.model.images.values()].filter(({ file }) => file.startsWith('made ')),
      n,
    )
    if (made) await this.upload(await picture(Number(made.file.slice(5))), made.file, false)
  }

  private async turn(session: ModelSession, { b, c, d }: Step): Promise<void> {
    const pictures = [...this.model.images.values()].filter((image) => !image.mask).map(({ id }) => id)
    const masks = [...this.model.images.values()].filter((image) => image.mask).map(({ id }) => id)
    const one = pick(pictures, b)
    const two = pick(pictures, c)
    const stranger = pick([...this.model.gone], d) ?? 'img_0000000000000000'
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
              this.model.sessions.flatMap(({ turns }) => turns),
              c,
            )?.id
          : undefined,
      ],
      b + d,
    )
    const limit = pick([undefined, undefined, 1, 2, 9, 0], c + d)
    const request: CreateTurn = {
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
    const expected = this.model.expect(session, request)
    const { status, body } = await this.send('POST', `/v1/sessions/${session.id}/turns`, request)
    if ('code' in expected) {
      this.count(`turn refused with ${expected.code}`)
      return assert.deepEqual([status, body.error?.code], [400, expected.code], JSON.stringify(request))
    }
    assert.equal(status, 202, JSON.stringify([request, body]))
    const { id } = body.turn
    session.turns.push({
      id,
      parent: expected.parent,
      instruction,
      images: expected.images,
      history: request.history,
      generations: body.generations.map((generation: Generation): ModelGeneration => ({
        id: generation.id,
        seed: generation.seed,
        status: 'queued',
        images: [],
        lcu: expected.lcu(id),
        dropped: expected.dropped,
        repeats: null,
      })),
    })
    session.active = id
    assert.equal(new Set(body.generations.map(({ seed }: Generation) => seed)).size, request.parameters.count)
  }

  /** A generation of the session, and its turn. */
  private choose(session: ModelSession, n: number, fits: (generation: ModelGeneration) => boolean = () => true) {
    const all = session.turns.flatMap((turn) =>
      turn.generations.filter(fits).map((generation) => ({ turn, generation })),
    )
    return pick(all, n)
  }

  private async finish(session: ModelSession, { b }: Step): Promise<void> {
    const chosen = this.choose(session, b, ({ status }) => status === 'queued')
    if (!chosen) return
    const { generation, turn } = chosen
    const claim = (await this.api.database.work.claim(generation.id, newId('worker')))!
    const colour = 1000 + ConversationDriver.colours++
    const file = await picture(colour)
    const keys = { objectKey: `generations/${claim.id}/0.png`, thumbnailKey: `generations/${claim.id}/0.thumb.webp` }
    const thumbnail = await sharp(file).webp().toBuffer()
    await this.api.objects.put(keys.objectKey, file)
    await this.api.objects.put(keys.thumbnailKey, thumbnail)
    const id = newId('image')
    const sha256 = createHash('sha256').update(file).digest('hex')
    const image = {
      id,
      kind: 'generated' as const,
      width: side,
      height: side,
      contentType: 'image/png',
      bytes: file.length,
      sha256,
      ...keys,
    }
    await this.api.database.work.succeed(claim, { images: [image], timings: { totalMs: 1 }, device: 'cpu' })
    generation.status = 'succeeded'
    generation.images = [id]
    this.model.images.set(id, {
      id,
      mask: false,
      file: `made ${colour}`,
      turnId: turn.id,
      madeAt: ++ConversationDriver.clock,
    })
  }

  private async fail(session: ModelSession, { b }: Step): Promise<void> {
    const chosen = this.choose(session, b, ({ status }) => status === 'queued')
    if (!chosen) return
    const claim = (await this.api.database.work.claim(chosen.generation.id, newId('worker')))!
    await this.api.database.work.fail(claim, { code: 'model_failed', message: 'It failed.' })
    chosen.generation.status = 'failed'
  }

  private async cancel(session: ModelSession, { b }: Step): Promise<void> {
    const chosen = this.choose(session, b)
    if (!chosen) return
    const { generation } = chosen
    const { status } = await this.send('POST', `/v1/generations/${generation.id}/cancel`)
    assert.equal(status, generation.status === 'queued' ? 200 : 409)
    if (generation.status === 'queued') generation.status = 'cancelled'
  }

  private async retry(session: ModelSession, { b, c }: Step): Promise<void> {
    await this.again(session, b, 'retry', (old) => (isTerminal(old.status) ? { seed: c } : null))
  }

  private async reproduce(session: ModelSession, { b }: Step): Promise<void> {
    await this.again(session, b, 'reproduce', (old) =>
      old.status === 'succeeded' && old.images.length ? { repeats: old.id } : null,
    )
  }

  private async again(
    session: ModelSession,
    n: number,
    how: 'retry' | 'reproduce',
    change: (old: ModelGeneration) => Partial<ModelGeneration> | null,
  ) {
    const chosen = this.choose(session, n)
    if (!chosen) return
    const { generation, turn } = chosen
    const changed = change(generation)
    const { status, body } = await this.send(
      'POST',
      `/v1/generations/${generation.id}/${how}`,
      how === 'retry' ? { seed: changed?.seed } : undefined,
    )
    assert.equal(status, changed ? 202 : 409, JSON.stringify(body))
    if (changed)
      turn.generations.push({ ...generation, status: 'queued', images: [], repeats: null, ...changed, id: body.id })
  }

  private async move(session: ModelSession, { b }: Step): Promise<void> {
    const turn = pick(session.turns, b)
    if (!turn) return
    assert.equal((await this.send('PATCH', `/v1/sessions/${session.id}`, { activeTurnId: turn.id })).status, 200)
    session.active = turn.id
  }

  /** The path to a turn, and what the LCUs on it name. */
  private async fork(session: ModelSession, { b }: Step): Promise<void> {
    const turn = pick(session.turns, b)
    if (!turn || this.model.sessions.length > 8) return
    const { status, body } = await this.send('POST', `/v1/sessions/${session.id}/fork`, { turnId: turn.id })
    assert.equal(status, 201, JSON.stringify(body))
    const kept = new Set<ModelTurn>()
    const take = (id: string) => {
      for (const one of this.model.path(session, id).filter((other) => !kept.has(other))) {
        kept.add(one)
        for (const { turnId } of one.generations.filter((g) => g.status !== 'queued').flatMap(({ lcu }) => lcu))
          take(turnId)
      }
    }
    take(turn.id)
    await this.adopt(
      body.id,
      session.turns.filter((one) => kept.has(one)),
      turn.id,
      false,
    )
  }

  /** Export and import: everything again, under new names. */
  private async copy(session: ModelSession): Promise<void> {
    if (this.model.sessions.length > 8) return
    const { headers } = this.person
    const { rawPayload } = await this.api.app.inject({
      method: 'GET',
      url: `/v1/sessions/${session.id}/export`,
      headers,
    })
    const { payload, headers: type } = multipart(rawPayload)
    const answer = await this.api.app.inject({
      method: 'POST',
      url: '/v1/sessions/import',
      payload,
      headers: { ...headers, ...type },
    })
    assert.equal(answer.statusCode, 201, answer.body)
    await this.adopt(answer.json().id, session.turns, session.active, true)
  }

  /** Enters a copy into the model: the same turns under the names that the API gave. */
  private async adopt(
    id: string,
    turns: readonly ModelTurn[],
    active: string | null,
    allImages: boolean,
  ): Promise<void> {
    const real = { turns: await this.comparison.pages(id, 'path=all', 100) }
    const names = new Map<string, string>()
    assert.equal(real.turns.length, turns.length)
    const ended = turns.map((turn) => ({
      ...turn,
      generations: turn.generations.filter(({ status }) => isTerminal(status)),
    }))
    for (const [i, turn] of ended.entries()) {
      const copy = real.turns[i]!
      names.set(turn.id, copy.id)
      assert.equal(copy.generations.length, turn.generations.length)
      for (const [j, generation] of turn.generations.entries()) {
        names.set(generation.id, copy.generations[j]!.id)
        for (const [k, image] of generation.images.entries()) names.set(image, copy.generations[j]!.images[k]!.id)
      }
    }
    for (const [i, turn] of allImages ? ended.entries() : [])
      for (const [j, image] of turn.images.entries()) {
        names.set(image.imageId, real.turns[i]!.images[j]!.imageId)
        if (image.maskId) names.set(image.maskId, real.turns[i]!.images[j]!.maskId!)
      }
    const name = (old: string) => names.get(old) ?? old
    const rename = <T>(value: T): T =>
      JSON.parse(JSON.stringify(value).replaceAll(/\b(?:trn|gen|img)_[0-9a-z]{16}/g, (old) => name(old)))
    for (const [old, fresh] of names) {
      const image = this.model.images.get(old)
      if (!image || old === fresh) continue
      assert.ok(!this.model.images.has(fresh) && !this.model.gone.has(fresh))
      this.model.images.set(fresh, {
        ...image,
        id: fresh,
        turnId: image.turnId && names.has(image.turnId) ? name(image.turnId) : null,
      })
    }
    this.model.sessions.push({ id, active: active && name(active), turns: rename(ended) })
  }

  private async deleteTurn(session: ModelSession, { b }: Step): Promise<void> {
    const turn = pick(session.turns, b)
    if (!turn) return
    const keepers = this.model.keepers(session, turn)
    const { status, body } = await this.send('DELETE', `/v1/turns/${turn.id}`)
    if (keepers.length) {
      this.count('deletion refused')
      assert.deepEqual([status, body.error?.code], [409, 'in_use'])
      return assert.deepEqual(body.error.details.turnIds.toSorted(), keepers.toSorted())
    }
    assert.equal(status, 204, JSON.stringify(body))
    this.model.removeTurns(session, [turn])
    if (session.active === turn.id) session.active = turn.parent ?? session.turns.at(-1)?.id ?? null
  }

  private async deleteImage(n: number): Promise<void> {
    const image = pick([...this.model.images.values()], n)
    if (!image) return
    const users = this.model.users(image.id)
    const { status, body } = await this.send('DELETE', `/v1/images/${image.id}`)
    if (users.length) {
      this.count('deletion refused')
      assert.deepEqual([status, body.error?.code], [409, 'in_use'])
      return assert.deepEqual(body.error.details.turnIds.toSorted(), users.map(({ id }) => id).toSorted())
    }
    assert.equal(status, 204, JSON.stringify(body))
    this.model.removeImage(image.id)
    await this.comparison.some()
  }

  private async deleteSession(session: ModelSession): Promise<void> {
    assert.equal((await this.send('DELETE', `/v1/sessions/${session.id}`)).status, 204)
    this.model.sessions = this.model.sessions.filter((one) => one !== session)
    this.model.removeTurns(session, session.turns)
  }
}
