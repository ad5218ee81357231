import { AtelierError, idSchema } from '@atelier/contracts'
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { ResourceTemplate } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { orNotFound } from '../or-not-found.js'
import { imageUri, type Visit } from './visit.js'

const answer = (structuredContent: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
  structuredContent,
})

const readOnly = { annotations: { readOnlyHint: true } }
const cursor = z.string().optional().describe('`next_cursor` of the page before.')

/** Tools that look at conversations, models and pictures, and the pictures as resources. */
export function addBrowseTools(server: McpServer, visit: Visit): void {
  const { context, owner } = visit
  server.registerTool(
    'list_sessions',
    {
      title: 'List conversations',
      description: 'Your conversations, the one that changed last first, or those with some words in the title.',
      inputSchema: z.object({
        query: z.string().min(1).max(200).optional().describe('Words of the title.'),
        cursor,
        limit: z.int().min(1).max(100).optional(),
      }),
      outputSchema: z.object({
        sessions: z.array(z.object({ session_id: z.string(), title: z.string().nullable(), updated_at: z.string() })),
        next_cursor: z.string().nullable(),
      }),
      ...readOnly,
    },
    async ({ query, cursor: after, limit = 20 }) =>
      visit.run(async () => {
        const { data, nextCursor } = await owner.sessions.list({
          limit,
          order: 'activity',
          ...(query !== undefined && { query }),
          ...(after !== undefined && { cursor: after }),
        })
        const sessions = data.map(({ session: { id, title, updatedAt } }) => ({
          session_id: id,
          title,
          updated_at: updatedAt,
        }))
        return answer({ sessions, next_cursor: nextCursor })
      }),
  )

  server.registerTool(
    'list_turns',
    {
      title: 'List the turns of a conversation',
      description:
        'The turns that led to where the conversation stands, oldest first, with the pictures they made. Page back with `before`.',
      inputSchema: z.object({
        session_id: idSchema('session'),
        before: z.string().optional().describe('`before` of the page that came later.'),
        limit: z.int().min(1).max(50).optional(),
      }),
      outputSchema: z.object({
        turns: z.array(
          z.object({
            turn_id: z.string(),
            after_turn_id: z.string().nullable(),
            instruction: z.string(),
            uses: z.array(z.string()).describe('Ids of the images it used; the first was edited.'),
            versions: z.number().describe('How many turns there are in this place, this one among them.'),
            images: z.array(
              z.object({
                image_id: z.string(),
                generation_id: z.string(),
                width: z.number(),
                height: z.number(),
                uri: z.string(),
              }),
            ),
          }),
        ),
        before: z.string().nullable(),
      }),
      ...readOnly,
    },
    async ({ session_id: id, before, limit = 20 }) =>
      visit.run(async () => {
        const query = { path: 'active' as const, limit, ...(before !== undefined && { before }) }
        const page = await context.serializer.turnPage(orNotFound(await owner.turns.page(id, query)))
        const turns = page.data.map(({ images, generations, siblingCount, ...turn }) => ({
          turn_id: turn.id,
          after_turn_id: turn.parentTurnId,
          instruction: turn.instruction,
          uses: images.map(({ imageId }) => imageId),
          versions: siblingCount,
          images: generations.flatMap(({ id: generationId, images: made }) =>
            made.map(({ id: imageId, width, height }) => ({
              image_id: imageId,
              generation_id: generationId,
              width,
              height,
              uri: imageUri(imageId),
            })),
          ),
        }))
        return answer({ turns, before: page.before })
      }),
  )

  server.registerTool(
    'go_to_turn',
    {
      title: 'Go back to a turn',
      description: 'Undoes what came after a turn: the conversation goes on from there. Nothing is deleted.',
      inputSchema: z.object({ session_id: idSchema('session'), turn_id: idSchema('turn') }),
      outputSchema: z.object({ session_id: z.string(), turn_id: z.string() }),
      annotations: { idempotentHint: true, destructiveHint: false },
    },
    async ({ session_id, turn_id }) =>
      visit.run(async () => {
        orNotFound(await owner.sessions.update(session_id, { activeTurnId: turn_id }))
        return answer({ session_id, turn_id })
      }),
  )

  server.registerTool(
    'get_image',
    {
      title: 'Look at a picture',
      description: 'Shows one of your pictures.',
      inputSchema: z.object({ image_id: idSchema('image') }),
      outputSchema: z.object({ image_id: z.string(), width: z.number(), height: z.number(), url: z.string() }),
      ...readOnly,
    },
    async ({ image_id: id }) =>
      visit.run(async () => {
        const row = orNotFound(await owner.images.get(id))
        const said = answer(await visit.describe(row))
        return { ...said, content: [...(await visit.show(row)), ...said.content] }
      }),
  )

  server.registerTool(
    'describe_model',
    {
      title: 'What the models can do',
      description: 'The models with their sizes, limits, examples of instructions and the words that they know.',
      inputSchema: z.object({}),
      outputSchema: z.object({ models: z.array(z.record(z.string(), z.unknown())) }),
      ...readOnly,
    },
    async () => visit.run(async () => answer({ models: context.models.list() })),
  )

  server.registerResource(
    'image',
    new ResourceTemplate('atelier://images/{imageId}', { list: undefined }),
    { title: 'A picture', description: 'The whole file of one of your pictures, by its id.' },
    async ({ href: uri }, { imageId }) =>
      visit.read(uri, async () => {
        const id = idSchema('image').safeParse(imageId)
        if (!id.success) throw new AtelierError('not_found')
        return { contents: [{ uri, ...(await visit.file(id.data)) }] }
      }),
  )
}
