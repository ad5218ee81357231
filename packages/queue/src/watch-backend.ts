import type { BackendFactory, IQueueBackend } from 'bullmq'

/** Pause after a poll that failed, in milliseconds: BullMQ repeats some failures at once and would spin. */
const failurePauseMs = 500
/** Longest wait for a job in seconds, so that an idle consumer polls often enough to be seen. */
const longestWaitSeconds = 10

/**
 * A factory whose backends tell of every poll that was answered.
 *
 * @param onPoll - called after each answer to "is there a job?"
 */
export function watchBackend<C>(factory: BackendFactory<IQueueBackend, C>, onPoll: () => void): BackendFactory<IQueueBackend, C> {
  return (name, options, roles) => {
    const backend = factory(name, options, roles)
    const watch = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
      try {
        const answer = await call.apply(backend, args)
        onPoll()
        return answer
      } catch (error) {
        await new Promise((resolve) => { setTimeout(resolve, failurePauseMs) })
        throw error
      }
    }
    Object.defineProperties(backend, {
      moveToActive: { value: watch(backend.moveToActive) },
      waitForJob: { value: watch(backend.waitForJob) },
      maximumBlockTimeout: { value: longestWaitSeconds },
    })
    return backend
  }
}
