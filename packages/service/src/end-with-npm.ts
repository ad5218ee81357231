/**
 * Ends this process when the `npm run` that started it is gone. A SIGTERM to npm ends npm and its shell, but the shell
 * does not pass it on: without this, the process would go on as an orphan. It gets a SIGTERM of its own instead.
 */
export function endWithNpm(): void {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}
