import { readFileSync } from 'node:fs'

const everyMs = 5

export interface HeldLoop {
  /** How often it was looked at: every 5 ms, unless it was held for longer. */
  readonly samples: number
  readonly medianMs: number
  readonly worstMs: number
}

/**
 * Watches for how long this process's event loop is held at a time, until `stop` is called.
 *
 * Only the time in which the main thread computes counts: a clock also runs while other processes have the processor, and
 * then a busy machine looks like a loop that is held. A call that blocks without computing is not seen. Where the kernel
 * does not say how long a thread has run (it does on Linux), it is a clock.
 */
export function watchEventLoop(): { stop(): HeldLoop } {
  const held: number[] = []
  let before = ranMs()
  const look = () => {
    const now = ranMs()
    held.push(now - before)
    before = now
  }
  const timer = setInterval(look, everyMs)
  return {
    stop() {
      clearInterval(timer)
      look()
      held.sort((a, b) => a - b)
      return { samples: held.length, medianMs: held[Math.floor(held.length / 2)]!, worstMs: held.at(-1)! }
    },
  }
}

/** How long this process's main thread has run. */
function ranMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[0]) / 1e6
  } catch {
    return performance.now()
  }
}
