import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanUpAfterEach } from '@atelier/testing'
import type { TestApi } from './test-api.js'

/** A message as it has arrived. */
export interface Heard {
  headers: IncomingHttpHeaders
  body: string
  message: { type: string; timestamp: string; data: any }
}

/** Call it once at the top of a test file: what tests do with webhooks, which are gone when the test has ended. */
export function webhookSteps(api: () => TestApi) {
  const cleanUp = cleanUpAfterEach()
  return {
    /** A server that hears messages. @param answer - default 204 */
    async receiver(answer: RequestListener = (_, response) => response.writeHead(204).end()) {
      const heard: Heard[] = []
      const server = createServer((request, response) => {
        let body = ''
        request.setEncoding('utf8')
        request.on('data', (chunk: string) => {
          body += chunk
        })
        request.on('end', () => {
          heard.push({ headers: request.headers, body, message: JSON.parse(body) })
          answer(request, response)
        })
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      cleanUp(() => {
        server.closeAllConnections()
        server.close()
      })
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard }
    },

    /** A webhook of Anna. */
    async create(body: object) {
      const { status, body: made } = await api().send('POST', '/v1/webhooks', { body })
      assert.equal(status, 201, JSON.stringify(made))
      cleanUp(async () => void (await api().send('DELETE', `/v1/webhooks/${made.id}`)))
      return made as { id: string; secret: string }
    },

    /** A generation that has succeeded. */
    async ended(as = api().anna) {
      const session = await api().session(as)
      const { body } = await api().send('POST', `/v1/sessions/${session}/turns`, {
        as,
        body: { instruction: 'x', images: [] },
      })
      await api().finish(body.generations[0].id)
      return { session, turn: body.turn.id as string, generation: body.generations[0].id as string }
    },

    /** What was or will be told to a webhook. */
    async deliveries(id: string) {
      return (await api().send('GET', `/v1/webhooks/${id}/deliveries`)).body.data
    },
  }
}
