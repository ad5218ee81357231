import type { ApiContext } from './api-context.js'

const everyMs = 60_000

/**
 * Deletes, now and every minute until the returned function is called, what has had its time: kept answers of all owners
 * after a day, sign-in links, browser sessions, messages of webhooks after a month. Old counts
 * are joined. Failures are logged, and the next round tries again.
 */
export function startPurging({ database, logger }: Pick<ApiContext, 'database' | 'logger'>): () => Promise<void> {
  const purge = async () => {
    try {
      await database.admin.purgeAnswers()
      await database.credentials.purge()
      await database.deliveries.purge()
      await database.admin.joinOldStats()
    } catch (error) {
      logger.warn({ err: error }, 'what has expired could not be deleted; trying again')
    }
  }
  let running = purge()
  const timer = setInterval(() => {
    running = running.then(purge)
  }, everyMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}
