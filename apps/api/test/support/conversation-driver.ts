import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { isTerminal, newId, type Generation } from '@atelier/contracts'
import sharp from 'sharp'
import { exported, imported } from './archives.js'
import { ConversationComparison, pick, picture, side } from './conversation-comparison.js'
import { adoptCopy, keptByFork } from './conversation-copies.js'
import { ConversationModel, type ModelGeneration, type ModelSession, type ModelTurn } from './conversation-model.js'
import { chooseTurn, type Step } from './conversation-steps.js'
import type { Person, TestApi } from './test-api.js'

const mask = (n: number) =>
  sharp(Buffer.from(Uint8Array.from({ length: side * side }, (_, i) => (Math.floor(i / side) === n ? 255 : 0))), {
    raw: { width: side, height: side, channels: 1 },
  })
    .png()
    .toBuffer()

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

  private async turn(session: ModelSession, step: Step): Promise<void> {
    const request = chooseTurn(this.model, session, step)
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
      instruction: request.instruction,
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
    await this.adopt(body.id, keptByFork(this.model, session, turn.id), turn.id, false)
  }

  /** Export and import: everything again, under new names. */
  private async copy(session: ModelSession): Promise<void> {
    if (this.model.sessions.length > 8) return
    const { rawPayload } = await exported(this.api, session.id, this.person)
    const { status, body } = await imported(this.api, rawPayload, this.person)
    assert.equal(status, 201, JSON.stringify(body))
    await this.adopt(body.id, session.turns, session.active, true)
  }

  private async adopt(id: string, turns: readonly ModelTurn[], active: string | null, allImages: boolean) {
    adoptCopy(this.model, { id, turns: await this.comparison.pages(id, 'path=all', 100) }, { turns, active, allImages })
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
