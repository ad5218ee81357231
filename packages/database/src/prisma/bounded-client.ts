import { Client } from 'pg'

/** Longest wait for the answer to a statement, waiting for locks included, in milliseconds. */
export const defaultAnswerMs = 15_000

/**
 * A class of connections that end when a statement has had no answer for too long. A server that was replaced without a
 * word, or a firewall, leaves connections on which nothing ever arrives. The option `query_timeout` of `pg` would only
 * stop the waiting: Prisma gives the connection of a transaction back to the pool, where it would take the next ones with
 * it.
 *
 * @param answerMs - default 15 s
 */
export function boundedClient(answerMs = defaultAnswerMs): typeof Client {
  return class BoundedClient extends Client {
    private deadline: NodeJS.Timeout | undefined
    /** Nothing is answered any more, and nothing waits. */
    private gone = false

    constructor(...args: ConstructorParameters<typeof Client>) {
      super(...args)
      const rest = () => {
        clearTimeout(this.deadline)
        this.deadline = undefined
      }
      this.on('drain', rest).on('end', () => {
        this.gone = true
        rest()
      })
    }

    override query = ((...args: unknown[]) => {
      if (this.deadline) this.deadline.refresh()
      else if (!this.gone) this.deadline = setTimeout(() => this.giveUp(), answerMs)
      return (super.query as (...args: unknown[]) => unknown)(...args)
    }) as Client['query']

    private giveUp(): void {
      const error = Object.assign(new Error(`The database did not answer within ${answerMs} ms.`), {
        code: 'ETIMEDOUT',
      })
      this.connection.stream.destroy(error)
    }
  }
}
