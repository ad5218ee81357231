const ends = new Set<() => void>()

/** Ends something when this process ends, however it does, short of a SIGKILL. @param end - must not wait for anything */
export function endWithSuite(end: () => void): void {
  if (ends.size === 0)
    process.on('exit', () => {
      for (const each of ends) each()
    })
  ends.add(end)
}
