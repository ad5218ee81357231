import {
  isTerminal,
  maxInstructionLength,
  type CreateTurn,
  type CreateTurnResponse,
  type Manifest,
} from '@atelier/contracts'
import type { IdempotencyUse, ImageRow, OwnerRepositories } from '@atelier/database'
import { fitSize } from '@atelier/pictures'
import { failpoint } from '@atelier/service'
import type { FastifyBaseLogger } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { deleteOwned } from '../delete-owned.js'
import { beginningOf, titleOf } from '../turns/beginning-of.js'
import { createTurn } from '../turns/create-turn.js'
import { DoorError, invalidParam } from './door-error.js'
import type { ImagesCall } from './images-call.js'
import type { ModelAliases } from './model-aliases.js'
import type { PictureStore, StoredPictures } from './sent-pictures.js'

/** From how many times the pixels that a model can draw on a size counts as one that was not chosen for it. */
const farTooLarge = 4

/**
 * The size nearest to the one asked for that the model can draw. One that is far too large is what its client asks of every
 * model: then it is the model's usual size, which it draws best, in the shape that was asked for.
 *
 * @param size - `1024x1024`, `auto` or nothing
 */
export function nearestSize(
  size: string | undefined,
  { limits, defaults }: Pick<Manifest, 'limits' | 'defaults'>,
): { width: number; height: number } {
  const [asked, other] = size?.split('x').map(Number) ?? []
  if (!asked || !other) return { width: defaults.width, height: defaults.height }
  const { minSize, maxAspect, maxFrameTokens, sizeMultiple: unit } = limits
  const usual = Math.floor((defaults.width * defaults.height) / unit ** 2)
  const far = asked * other >= farTooLarge * maxFrameTokens * unit ** 2
  const fit = fitSize(asked, other, far ? { ...limits, maxFrameTokens: Math.min(usual, maxFrameTokens) } : limits)
  // rounding to the multiple, and a side that is too short, may have made it too long or too large
  const shortened = (side: number, across: number): number =>
    Math.floor(Math.min(side, across * maxAspect, (maxFrameTokens * unit ** 2) / across) / unit) * unit
  const [width, height] = [Math.max(fit.width, minSize), Math.max(fit.height, minSize)]
  return width > height ? { width: shortened(width, height), height } : { width, height: shortened(height, width) }
}

/** How the names of qualities change the model's steps. */
const effort = { low: 0.5, medium: 1, high: 1.5 }
/** A quality as answers know it. */
export const qualityOf = (asked: ImagesCall['options']['quality']): keyof typeof effort =>
  asked === 'low'
    ? 'low'
    : asked === 'high' || asked === 'hd' || asked === 'xhigh' || asked === 'max'
      ? 'high'
      : 'medium'

function parametersOf({ options }: ImagesCall, manifest: Manifest): CreateTurn['parameters'] {
  const {
    n: count,
    seed,
    speed,
    guidance_scale: guidanceScale,
    negative_prompt: negativePrompt,
    quality,
    size,
  } = options
  const defaults = speed === 'fast' ? { ...manifest.defaults, ...manifest.fast } : manifest.defaults
  const usual = Math.round(defaults.steps * effort[qualityOf(quality)])
  const steps = options.steps ?? Math.min(manifest.limits.maxSteps, Math.max(1, usual))
  const set = { count, seed, speed, guidanceScale, negativePrompt }
  const given = Object.entries(set).filter(([, value]) => value !== undefined)
  return { steps, ...nearestSize(size, manifest), ...Object.fromEntries(given) }
}

/** Where the turn of a call belongs. */
interface Place {
  /** Undefined: a new session. */
  sessionId?: string
  parentTurnId?: string
  /** The images that the turn shows, without those that its history shows already; undefined: its place decides. */
  images: ImageRow[] | undefined
}

/**
 * A picture that a turn has made takes the call to that turn: its session goes on, and its lineage is the history. What the
 * picture's own history shows is not shown twice, as clients without a conversation send all pictures of their chat again.
 */
async function placeOf(
  owner: OwnerRepositories,
  { options: { session_id: asked }, follows, edits, pictures }: ImagesCall,
  images: ImageRow[],
  history: boolean,
): Promise<Place> {
  if (follows !== undefined) return placeBehind(owner, follows, images, edits)
  if (asked !== undefined) {
    if (await owner.sessions.get(asked)) return { sessionId: asked, images }
    throw notFound('session_id', 'There is no such session of yours.')
  }
  const made = images.find(({ generationId }) => generationId !== null)
  const named = pictures.some((picture) => 'generationId' in picture)
  const generation = (history || named) && made && (await owner.generations.get(made.generationId!))
  if (!generation) return { images }
  const { sessionId, turnId, lcu } = generation
  const seen = new Set(lcu.flatMap((unit) => unit.images.map(({ imageId }) => imageId)))
  const edited = images[0]!
  const shown = edited === made ? images.filter(({ id }) => id === edited.id || !seen.has(id)) : images
  return { sessionId, parentTurnId: turnId, images: unique(shown) }
}

/** Behind a turn: what it made is edited, unless the call brings pictures of its own or makes a new one. */
async function placeBehind(
  owner: OwnerRepositories,
  turnId: string,
  images: ImageRow[],
  edits: boolean | undefined,
): Promise<Place> {
  const turn = await owner.turns.getCreated(turnId)
  if (!turn) throw notFound('previous_response_id', 'There is no such response of yours.')
  if (turn.generations.some(({ status }) => !isTerminal(status)))
    throw invalidParam('previous_response_id', 'is a response that has not ended yet')
  const place = { sessionId: turn.sessionId, parentTurnId: turn.id }
  if (images.length || edits === false) return { ...place, images }
  const made = turn.generations.flatMap((generation) => generation.images).slice(0, 1)
  return { ...place, images: made.length ? made : undefined }
}

const notFound = (param: string, message: string): DoorError =>
  new DoorError({ status: 404, code: 'not_found', param, message, retry: false })

const unique = (images: readonly ImageRow[]): ImageRow[] => [
  ...new Map(images.map((image) => [image.id, image])).values(),
]

/** What makes turns of calls. */
export interface TurnMaker {
  context: ApiContext
  models: ModelAliases
  store: PictureStore
  history: boolean
}

/**
 * Makes the turn of a call, in the session that it belongs to. A call that fails leaves nothing behind.
 *
 * @throws DoorError, AtelierError
 */
export async function makeTurn(
  { context, models, store, history }: TurnMaker,
  owner: OwnerRepositories,
  logger: FastifyBaseLogger,
  call: ImagesCall,
  idempotency: IdempotencyUse,
): Promise<CreateTurnResponse> {
  const { options, prompt } = call
  const manifest = models.choose(options.model)
  const stored: StoredPictures = { images: [], fresh: [], known: new Map() }
  let newSession: string | undefined
  try {
    const parameters = parametersOf(call, manifest)
    await store.store(owner, call, stored)
    const { images, ...place } = await placeOf(owner, call, stored.images, history)
    if (call.edits && images && !images.length) throw invalidParam('image', 'is missing: there is nothing to edit')
    if (stored.mask && !images?.length) throw invalidParam('mask', 'is for a picture, and there is none')
    const session = place.sessionId ?? (await owner.sessions.create({ title: titleOf(prompt) })).id
    if (place.sessionId === undefined) newSession = session
    failpoint('door-session-stored')
    return await createTurn(
      context,
      owner,
      logger,
      session,
      {
        instruction: beginningOf(prompt, maxInstructionLength),
        images: images?.map(({ id }, index) =>
          index === 0 && stored.mask
            ? { imageId: id, maskId: stored.mask.id, maskMode: options.mask_mode ?? 'keep' }
            : { imageId: id, maskId: null, maskMode: 'keep' },
        ),
        ...(place.parentTurnId !== undefined && { parentTurnId: place.parentTurnId }),
        history: { mode: 'lineage' },
        // what a mask leaves out stays as it was, whether or not the model sees what is under it
        parameters: stored.mask ? { ...parameters, keepUnmasked: true } : parameters,
        model: manifest.name,
        onLongText: 'truncate',
        priority: 'interactive',
      },
      idempotency,
    )
  } catch (error) {
    await takeBack(context, owner, newSession, stored.fresh).catch((left: unknown) =>
      logger.warn({ err: left }, 'what a refused call had stored could not be deleted'),
    )
    throw error
  }
}

async function takeBack(
  context: ApiContext,
  owner: OwnerRepositories,
  session: string | undefined,
  fresh: readonly string[],
): Promise<void> {
  if (session !== undefined) await deleteOwned(context, owner.sessions.delete(session))
  for (const id of fresh) {
    // another call may have sent the same meanwhile, and got it for an answer
    const gone = await owner.images.delete(id, { unshared: true })
    if (gone) await deleteOwned(context, Promise.resolve(gone))
  }
}
