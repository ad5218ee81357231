import { AtelierError, type DryRunTurn, type TurnOutlook } from '@atelier/contracts'
import { checkInstruction, composeLcu, namedImages, resolveParameters } from '@atelier/conversation'
import type { OwnerRepositories } from '@atelier/database'
import { fitSize } from '@atelier/pictures'
import type { ModelText } from '@atelier/text'
import type { ApiContext } from '../api-context.js'
import { checkWebhookUrl } from '../webhooks/check-webhook-url.js'
import { readableLcu } from './readable-text.js'

const useOf = (text: ModelText | undefined, words: string) =>
  text ? { tokens: text.count(words), maxTokens: text.maxTokens } : null

/**
 * What would become of a turn if it were created now; nothing is written. An empty instruction is not refused, and a long
 * one is counted and cut: somebody is still writing it.
 *
 * @throws AtelierError as {@link createTurn} would, but for those two and for the limits of the owner
 */
export async function dryRunTurn(
  { models, settings }: Pick<ApiContext, 'models' | 'settings'>,
  owner: OwnerRepositories,
  { sessionId, ...request }: DryRunTurn,
): Promise<TurnOutlook> {
  const { instruction, images, parentTurnId, history, webhook } = request
  if (webhook) checkWebhookUrl({ settings }, webhook.url, 'webhook.url')
  if (instruction.trim()) checkInstruction(instruction)
  const manifest = models.choose(request.model)
  const seeded = { ...request.parameters, seed: request.parameters.seed ?? 0 }
  const [variation] = resolveParameters(seeded, manifest, namedImages(request))
  const plan = await owner.turns.plan({
    sessionId: sessionId ?? null,
    instruction,
    images,
    parentTurnId,
    history,
    maxAspect: manifest.limits.maxAspect,
    sizeFor: ({ width: w, height: h }) => {
      const { width, height } = fitSize(w, h, manifest.limits)
      return { width, height }
    },
  })
  if (!plan) throw new AtelierError('not_found')
  const { lcu, dropped } = composeLcu(plan.earlier, { id: '', instruction, ...plan }, history)
  const text = models.textOf(manifest.name)
  const read = text ? readableLcu(text, lcu, { onLongText: 'truncate' }) : lcu
  return {
    parentTurnId: plan.parentTurnId,
    images: plan.images,
    model: manifest.name,
    parameters: { ...variation!.parameters, ...plan.size },
    lcu: read.map((unit) => ({ ...unit, turnId: unit.turnId || null })),
    historyDropped: dropped,
    instruction: useOf(text, lcu.at(-1)!.instruction),
    negativePrompt: useOf(text, variation!.parameters.negativePrompt),
  }
}
