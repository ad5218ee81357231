const everyMs = 10
/** A pause between two ticks that is longer is one in which the machine did not let this process run. */
const longestMs = 50

/**
 * Starts a watch that stands still while this process cannot run: a bound is about the product, not about a machine that
 * stops for two seconds. It does not see how long this process itself computes at a time; `watchEventLoop` does. It does not
 * keep the process alive.
 */
export function startStopwatch(): { ms(): number; stop(): number } {
  let counted = 0
  let last = performance.now()
  const ms = () => {
    const now = performance.now()
    counted += Math.min(longestMs, now - last)
    last = now
    return counted
  }
  const timer = setInterval(ms, everyMs).unref()
  return {
    ms,
    stop() {
      clearInterval(timer)
      return ms()
    },
  }
}
