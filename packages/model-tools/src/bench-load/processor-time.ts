import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the processor's clock a second: what Linux tells programs, whatever the kernel's own is. */
const ticksPerSecond = 100

/** Parent, and seconds of the processor so far, of a process with children that have ended; undefined when it has. */
function statOf(pid: number): { parent: number; seconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // the name, in brackets, may have spaces
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      parent: Number(fields[1]),
      seconds: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond,
    }
  } catch {
    return undefined
  }
}

/** Seconds of the processor that a process and its children have taken. Linux only: elsewhere NaN. */
export function processorSeconds(pid: number): number {
  const own = statOf(pid)
  if (!own) return Number.NaN
  const others = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
  return others.reduce((sum, other) => sum + (other?.parent === pid ? other.seconds : 0), own.seconds)
}

/** Bytes of memory that a process has. Linux only: elsewhere NaN. */
export function residentBytes(pid: number): number {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1])
  } catch {
    return Number.NaN
  }
}
