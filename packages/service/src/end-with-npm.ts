import { readFileSync } from 'node:fs'

/** The process that a shell between npm and this one belongs to; undefined when there is no such shell, or no `/proc`. */
function npmBehind(shell: number): string | undefined {
  try {
    const command = readFileSync(`/proc/${shell}/cmdline`, 'utf8')
    if (!command.includes(process.env.npm_lifecycle_script ?? '\0\0')) return undefined
    return /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${shell}/stat`, 'latin1'))?.[1]
  } catch {
    return undefined
  }
}

/**
 * Ends this process when the `npm run` that started it is gone. A SIGTERM to npm ends npm and its shell, but the shell
 * does not pass it on, and a SIGKILL leaves the shell: without this, the process would go on as an orphan.
 *
 * @param end - ends this process; by default it gets a SIGTERM of its own
 */
export function endWithNpm(end: () => void = () => process.kill(process.pid, 'SIGTERM')): void {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const npm = npmBehind(parent)
  const watch = setInterval(() => {
    if (process.ppid === parent && npmBehind(parent) === npm) return
    clearInterval(watch)
    end()
  }, 500)
  watch.unref()
}
