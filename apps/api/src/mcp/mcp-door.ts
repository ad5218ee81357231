import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { countAtOnce } from '../at-once.js'
import { authGate } from '../auth.js'
import { bodyBytes } from '../body-bytes.js'
import { rateLimit } from '../plugins/rate-limit.js'
import { takeOver } from '../take-over.js'
import { whenClosed } from '../when-closed.js'
import { addBrowseTools } from './browse-tools.js'
import { addPictureTools } from './picture-tools.js'
import { Visit } from './visit.js'

/** Longest body in bytes: a tool call with a picture of 4 MB in it, as base64. */
const bodyLimit = 6 * 1024 * 1024
/** A body that is longer holds a picture. */
const pictureBytes = 256 * 1024

const instructions = `Atelier makes and edits pictures in conversations. create_image starts one; edit_image continues it: the model
sees the earlier pictures and instructions. Write short instructions in the words that describe_model lists. Ids of sessions,
turns and images come back in structuredContent; undo by go_to_turn or by editing an older image.`

/** What an agent sees of one owner. */
function serverFor(visit: Visit): McpServer {
  const server = new McpServer({ name: 'atelier', title: 'Atelier', version: '0.1.0' }, { instructions })
  addPictureTools(server, visit)
  addBrowseTools(server, visit)
  return server
}

/**
 * `/mcp`: the Model Context Protocol over Streamable HTTP, without sessions of the protocol, so that any API process answers
 * any call. The conversations are those of REST.
 */
export const mcpDoor =
  (context: ApiContext): FastifyPluginAsync =>
  async (app) => {
    const closing = new AbortController()
    app.addHook('preClose', async () => closing.abort())
    await app.register(authGate(context))
    await app.register(rateLimit(context.settings.limits))
    await app.register(countAtOnce(context.atOnce))
    app.route({
      method: ['GET', 'POST', 'DELETE'],
      url: '/mcp',
      bodyLimit,
      config: { atOnce: 'sockets' },
      schema: { hide: true },
      // many long bodies at once are bounded like uploads
      onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
        const bytes = bodyBytes(request, bodyLimit)
        if (bytes <= pictureBytes) return
        const { ownerId } = request.identity
        whenClosed(reply, context.atOnce.enter('decodes', ownerId))
        context.bodies.take(ownerId, bytes, reply)
      },
      handler: async (request, reply) => {
        const visit = new Visit(context, request, closing.signal)
        // a call may last minutes, and a key that is revoked ends it
        whenClosed(
          reply,
          context.authenticator.watch(request.identity, () => reply.raw.destroy()),
        )
        const handle = toNodeHandler(createMcpHandler(() => serverFor(visit)))
        await handle(request.raw, takeOver(reply) as never, request.body)
      },
    })
  }
