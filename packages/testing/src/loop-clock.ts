const everyMs = 10

/**
 * A clock for bounds on how long something may take here: it stands while this process gets no turn, as on a machine that
 * is busy with something else, and is a clock otherwise.
 *
 * @returns what stops it and tells the milliseconds so far
 */
export function loopClock(): () => number {
  let ms = 0
  const timer = setInterval(() => (ms += everyMs), everyMs)
  return () => {
    clearInterval(timer)
    return ms
  }
}
