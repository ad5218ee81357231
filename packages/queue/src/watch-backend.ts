import type { BackendFactory, IQueueBackend } from 'bullmq'

/** Pause after a job could not be asked for, in milliseconds: BullMQ repeats some failures at once and would spin. */
const failurePauseMs = 500
/** Longest wait for a job in seconds, so that an idle consumer polls often enough to be seen. */
const longestWaitSeconds = 10

/**
 * A factory whose backends tell of every poll that was answered.
 *
 * @param onPoll - called after each answer to "is there a job?"
 */
export function watchBackend<C>(
  factory: BackendFactory<IQueueBackend, C>,
  onPoll: () => void,
): BackendFactory<IQueueBackend, C> {
  return (name, options, roles) => {
    const backend = factory(name, options, roles)
    const told =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        const answer = await call.apply(backend, args)
        onPoll()
        return answer
      }
    const take = told(backend.moveToActive)
    const takeCalmly = (...args: Parameters<typeof take>) =>
      take(...args).catch(async (error: unknown) => {
        await new Promise((resolve) => {
          setTimeout(resolve, failurePauseMs)
        })
        throw error
      })
    Object.defineProperties(backend, {
      moveToActive: { value: takeCalmly },
      waitForJob: { value: told(backend.waitForJob) },
      maximumBlockTimeout: { value: longestWaitSeconds },
    })
    return backend
  }
}
