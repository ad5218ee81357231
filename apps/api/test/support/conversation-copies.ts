import assert from 'node:assert/strict'
import { isTerminal, type TurnInTree } from '@atelier/contracts'
import type { ConversationModel, ModelSession, ModelTurn } from './conversation-model.js'

/** The turns that a fork at one of them has: the path to it, and what the LCUs on it name. */
export function keptByFork(model: ConversationModel, session: ModelSession, turnId: string): ModelTurn[] {
  const kept = new Set<ModelTurn>()
  const take = (id: string) => {
    for (const one of model.path(session, id).filter((other) => !kept.has(other))) {
      kept.add(one)
      for (const { turnId: seen } of one.generations.filter((g) => g.status !== 'queued').flatMap(({ lcu }) => lcu))
        take(seen)
    }
  }
  take(turnId)
  return session.turns.filter((one) => kept.has(one))
}

/**
 * Enters a copy of a conversation into the model: the same turns under the names that the API gave.
 *
 * @param real - the copy as the API tells it
 * @param copied - what was copied
 * @param copied.allImages - whether uploads were copied too, as by an import
 */
export function adoptCopy(
  model: ConversationModel,
  real: { id: string; turns: readonly TurnInTree[] },
  { turns, active, allImages }: { turns: readonly ModelTurn[]; active: string | null; allImages: boolean },
): void {
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
    const image = model.images.get(old)
    if (!image || old === fresh) continue
    assert.ok(!model.images.has(fresh) && !model.gone.has(fresh))
    model.images.set(fresh, {
      ...image,
      id: fresh,
      turnId: image.turnId && names.has(image.turnId) ? name(image.turnId) : null,
    })
  }
  model.sessions.push({ id: real.id, active: active && name(active), turns: rename(ended) })
}
