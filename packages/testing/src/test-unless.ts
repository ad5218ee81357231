import { describe, test } from '@jest/globals'

/**
 * `test`, or a skipped test whose name ends in the reason, which the run prints.
 *
 * @param reason - why it cannot run here, such as `needs root`; false: it can
 */
export const testUnless =
  (reason: string | false) =>
  (name: string, run: () => void | Promise<unknown>): void =>
    reason === false ? test(name, run as () => void) : test.skip(`${name} # ${reason}`, run as () => void)

/** `describe`, or a group that is skipped with the reason; see {@link testUnless}. */
export const describeUnless =
  (reason: string | false) =>
  (name: string, define: () => void): void =>
    reason === false ? describe(name, define) : describe.skip(`${name} # ${reason}`, define)
