import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

/** Takes an answer over from Fastify, with the headers that its hooks have set so far; the caller writes and ends it. */
export function takeOver(reply: FastifyReply): ServerResponse {
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value)
  return reply.raw
}
