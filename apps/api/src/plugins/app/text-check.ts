import fastifyPlugin from 'fastify-plugin'
import { checkText } from '../../check-text.js'

/** Refuses bodies and queries with text that cannot be stored, before any route sees them. */
export const textCheck = fastifyPlugin(async (app) => {
  app.addHook('preValidation', async ({ body, query }) => {
    checkText(query)
    checkText(body)
  })
})
