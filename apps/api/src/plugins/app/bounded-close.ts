import fastifyPlugin from 'fastify-plugin'

const lookMs = 100
/** How long requests may take to end once the API closes. */
const graceMs = 10_000

/**
 * Closing ends each connection as soon as its request is answered, and all of them after ten seconds. Left alone, a
 * connection that falls idle after closing has begun stays until its keep-alive time is over, more than a minute.
 */
export const boundedClose = fastifyPlugin(async (app) => {
  app.addHook('preClose', async () => {
    const { server } = app
    if (!server.listening) return
    const look = setInterval(() => server.closeIdleConnections(), lookMs)
    const end = setTimeout(() => server.closeAllConnections(), graceMs)
    server.once('close', () => {
      clearInterval(look)
      clearTimeout(end)
    })
  })
})
