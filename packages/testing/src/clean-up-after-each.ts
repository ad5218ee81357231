import { afterEach } from '@jest/globals'

/**
 * Call it once at the top of a test file or of a `describe`: what a test hands to the returned function runs when that
 * test has ended, passed or not, the latest first.
 */
export function cleanUpAfterEach(): (cleanUp: () => unknown) => void {
  const waiting: (() => unknown)[] = []
  afterEach(async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next()
  })
  return (cleanUp) => void waiting.push(cleanUp)
}
