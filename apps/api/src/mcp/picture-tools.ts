import { createHash } from 'node:crypto'
import { AtelierError, createTurnSchema, idSchema, isTerminal, speedSchema } from '@atelier/contracts'
import { maxCount } from '@atelier/conversation'
import type { GenerationRow } from '@atelier/database'
import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { outpaintImage } from '../images/outpaint-image.js'
import { receiveImage } from '../images/receive-image.js'
import { CallerGoneError, followTurn } from '../turns/follow-turn.js'
import { orNotFound } from '../or-not-found.js'
import { titleOf } from '../turns/beginning-of.js'
import { createTurn } from '../turns/create-turn.js'
import { progressOf, type Visit } from './visit.js'

/** How long a call waits for its pictures, in milliseconds; afterwards get_generation tells. */
const waitMs = 240_000

const settings = {
  count: z.int().min(1).max(maxCount).optional().describe(`How many variations, 1–${maxCount}. Default 1.`),
  seed: z.int().min(0).max(4294967295).optional().describe('The same seed gives the same picture. Default: random.'),
  steps: z.int().min(1).optional().describe("Denoising steps. Default: the model's."),
  speed: speedSchema.optional().describe('fast: fewer or cheaper steps, where the model has that. Default: exact.'),
  guidance_scale: z.number().min(1).optional().describe('How closely to follow the words; 1 = loosely.'),
  negative_prompt: z.string().optional().describe('What to avoid.'),
  model: z.string().optional().describe('Name of a model. Default: the default model.'),
}
const session = idSchema('session')
const image = idSchema('image')

const madeSchema = z.object({
  session_id: z.string(),
  turn_id: z.string(),
  images: z.array(
    z.object({
      image_id: z.string(),
      generation_id: z.string(),
      seed: z.number(),
      width: z.number(),
      height: z.number(),
      url: z.string().describe('A link that needs no key and works for some minutes.'),
    }),
  ),
  failed: z.array(z.object({ generation_id: z.string(), code: z.string(), message: z.string() })),
  waiting: z.array(z.string()).describe('Generations that have not ended yet: ask get_generation.'),
})

interface Wish extends z.infer<z.ZodObject<typeof settings>> {
  instruction: string
  sessionId: string | undefined
  width?: number | undefined
  height?: number | undefined
  images?: { imageId: string; maskId?: string | undefined; maskMode?: 'keep' | 'erase' | undefined }[] | undefined
  parentTurnId?: string | undefined
}

/** Without what was left out. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

/** Makes a turn and waits for what comes of it. */
async function make(visit: Visit, call: ServerContext, wish: Wish): Promise<CallToolResult> {
  const { context, owner, logger } = visit
  const { instruction, width, height, images, parentTurnId, model } = wish
  const { count, seed, steps, speed, guidance_scale: guidanceScale, negative_prompt: negativePrompt } = wish
  const request = createTurnSchema.parse({
    instruction,
    ...given({ images: images?.map(given), parentTurnId, model }),
    parameters: given({ width, height, count, seed, steps, speed, guidanceScale, negativePrompt }),
  })
  const fresh = wish.sessionId === undefined
  const sessionId = wish.sessionId ?? (await owner.sessions.create({ title: titleOf(instruction) })).id
  const { turn } = await createTurn(context, owner, logger, sessionId, request).catch(async (error: unknown) => {
    if (fresh) await owner.sessions.delete(sessionId)
    throw error
  })
  return wait(visit, call, turn.id)
}

/** Waits for the pictures of a turn, telling how far they are. */
async function wait(visit: Visit, call: ServerContext, turnId: string): Promise<CallToolResult> {
  const { context, owner } = visit
  const turn = orNotFound(await owner.turns.getCreated(turnId))
  const rows = new Map<string, GenerationRow>()
  const tell = progressOf(call)
  const patience = AbortSignal.timeout(waitMs)
  const signal = AbortSignal.any([patience, visit.closing, call.mcpReq.signal])
  const steps = turn.generations.map(() => 0)
  const total = turn.generations.reduce((sum, { parameters }) => sum + parameters.steps, 0)
  tell(0, total, 'waiting for the model')
  const listener = {
    progress: ({ step }: { step: number }, index: number) => {
      steps[index] = step
      const done = steps.reduce((sum, each) => sum + each, 0)
      tell(done, total, `step ${done} of ${total}`)
    },
    ended: (row: GenerationRow | null) => {
      if (row) rows.set(row.id, row)
    },
  }
  await followTurn(context, owner, turn, listener, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
    // what goes on can still be asked for; whoever has gone reads nothing
    if (call.mcpReq.signal.aborted) throw new CallerGoneError()
  })
  const ended = turn.generations.flatMap(({ id }) => rows.get(id) ?? [])
  return present(visit, turn, ended)
}

async function present(
  visit: Visit,
  turn: { id: string; sessionId: string; generations: readonly { id: string }[] },
  ended: readonly GenerationRow[],
): Promise<CallToolResult> {
  const pictures = ended.flatMap((row) => row.images.map((one) => ({ row, one })))
  const images = await Promise.all(
    pictures.map(async ({ row, one }) => ({ ...(await visit.describe(one)), generation_id: row.id, seed: row.seed })),
  )
  const failed = ended.flatMap(({ id, status, error }) =>
    status === 'failed' || status === 'cancelled'
      ? [{ generation_id: id, code: error?.code ?? status, message: error?.message ?? 'It was cancelled.' }]
      : [],
  )
  const waiting = turn.generations.map(({ id }) => id).filter((id) => !ended.some((row) => row.id === id))
  const structuredContent = { session_id: turn.sessionId, turn_id: turn.id, images, failed, waiting }
  const shown = (await Promise.all(pictures.map(({ one }) => visit.show(one)))).flat()
  return {
    content: [...shown, { type: 'text', text: JSON.stringify(structuredContent) }],
    structuredContent,
    ...(failed.length > 0 && !images.length && !waiting.length && { isError: true }),
  }
}

/** The session in which an image was made or first used; undefined for one that no turn has seen. */
async function sessionOf({ owner }: Visit, imageId: string): Promise<string | undefined> {
  const row = await owner.images.get(imageId)
  if (!row) throw new AtelierError('unknown_image', `${imageId} is not one of your images.`)
  return row.generationId === null ? undefined : (await owner.generations.get(row.generationId))?.sessionId
}

/** Tools that make pictures. */
export function addPictureTools(server: McpServer, visit: Visit): void {
  const { context, owner } = visit
  server.registerTool(
    'create_image',
    {
      title: 'Create a picture',
      description: 'Makes a new picture from words alone. Without session_id it starts a new conversation.',
      inputSchema: z.object({
        prompt: z.string().min(1).describe('What to show.'),
        session_id: session.optional().describe('Conversation to continue; its earlier pictures are seen as history.'),
        width: z.int().min(1).optional().describe("Pixels. Default: the model's."),
        height: z.int().min(1).optional().describe("Pixels. Default: the model's."),
        ...settings,
      }),
      outputSchema: madeSchema,
    },
    async ({ prompt: instruction, session_id: sessionId, ...more }, call) =>
      visit.run(() => make(visit, call, { ...more, instruction, sessionId, images: [] })),
  )

  server.registerTool(
    'edit_image',
    {
      title: 'Edit a picture',
      description:
        'Changes a picture by an instruction. The first of `images` is edited, further ones are references; without `images` the latest picture of the session is. Editing an older picture starts a branch.',
      inputSchema: z.object({
        instruction: z.string().min(1).describe('What to change.'),
        session_id: session.optional().describe('Default: the conversation that made the first image, or a new one.'),
        images: z
          .array(
            z.object({
              image_id: image,
              mask_id: image.optional().describe('An uploaded mask of the same size: white = change here.'),
              mask_mode: z
                .enum(['keep', 'erase'])
                .optional()
                .describe('keep: the model sees what is under the mask; erase: it paints there anew.'),
            }),
          )
          .max(9)
          .optional(),
        after_turn_id: idSchema('turn')
          .optional()
          .describe('Continue after this turn instead of the newest: a branch.'),
        ...settings,
      }),
      outputSchema: madeSchema,
    },
    async ({ instruction, session_id, images, after_turn_id: parentTurnId, ...more }, call) =>
      visit.run(async () => {
        const first = images?.[0]
        const sessionId = session_id ?? (first && (await sessionOf(visit, first.image_id)))
        if (sessionId === undefined && !first)
          throw new AtelierError('invalid_request', 'Name the images to edit, or the session_id of a conversation.')
        const used = images?.map(({ image_id: imageId, mask_id: maskId, mask_mode: maskMode }) => ({
          imageId,
          maskId,
          maskMode,
        }))
        return make(visit, call, { ...more, instruction, sessionId, parentTurnId, images: used })
      }),
  )

  server.registerTool(
    'get_generation',
    {
      title: 'Look after a generation',
      description: 'Waits for a generation that had not ended when its tool call did, and shows its pictures.',
      inputSchema: z.object({ generation_id: idSchema('generation') }),
      outputSchema: madeSchema,
      annotations: { readOnlyHint: true },
    },
    async ({ generation_id: id }, call) =>
      visit.run(async () => {
        const row = orNotFound(await owner.generations.get(id))
        if (!isTerminal(row.status)) return wait(visit, call, row.turnId)
        return present(visit, { id: row.turnId, sessionId: row.sessionId, generations: [{ id }] }, [row])
      }),
  )

  const storedSchema = z.object({ image_id: z.string(), width: z.number(), height: z.number(), url: z.string() })
  server.registerTool(
    'upload_image',
    {
      title: 'Upload a picture or a mask',
      description: 'Stores a PNG, JPEG or WebP picture of at most 4 MB, to be edited or used as a reference or mask.',
      inputSchema: z.object({
        data: z.base64().describe('The file, as base64.'),
        purpose: z
          .enum(['image', 'mask'])
          .optional()
          .describe('mask: grey values, white = change here. Default image.'),
      }),
      outputSchema: storedSchema,
    },
    async ({ data, purpose }) =>
      visit.run(async () => {
        const bytes = Buffer.from(data, 'base64')
        const file = { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
        const row = await receiveImage(context, owner, file, purpose === 'mask' ? 'mask' : 'uploaded')
        const structuredContent = await visit.describe(row)
        return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
      }),
  )

  const side = z.number().min(0).max(2).optional().describe('As a ratio of the height or width, 0–2.')
  server.registerTool(
    'extend_image',
    {
      title: 'Add room around a picture',
      description:
        'Makes a larger picture and a mask of the new room. Give both to edit_image, with mask_mode erase, to have the room filled.',
      inputSchema: z.object({ image_id: image, top: side, right: side, bottom: side, left: side }),
      outputSchema: storedSchema.extend({ mask_id: z.string() }),
    },
    async ({ image_id: id, top = 0, right = 0, bottom = 0, left = 0 }) =>
      visit.run(async () => {
        const sides = { top, right, bottom, left }
        const { image: stored, mask } = await outpaintImage(context, owner, id, sides)
        const structuredContent = { ...(await visit.describe(stored)), mask_id: mask.id }
        return {
          content: [...(await visit.show(stored)), { type: 'text', text: JSON.stringify(structuredContent) }],
          structuredContent,
        }
      }),
  )
}
