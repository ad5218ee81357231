// Loaded into a process with `node --import …/shift-clock.js?ms=600000`: its clock is wrong by so many milliseconds. The
// monotonic clock, timers and the machine's own clock stay right, as where only the time of day was set wrongly.
const ms = Number(new URL(import.meta.url).searchParams.get('ms'))
const RightDate = Date

class WrongDate extends RightDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(RightDate.now() + ms)
    else super(...(args as [number]))
  }

  static override now(): number {
    return RightDate.now() + ms
  }
}

globalThis.Date = WrongDate as DateConstructor
