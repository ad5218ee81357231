import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

/** Prometheus's own checker, where it is installed. */
export interface Promtool {
  /** Why there is none, for `testUnless`; false when there is one. */
  missing: string | false
  /** What it finds wrong with a page of metrics; empty for nothing. */
  checkMetrics(text: string): Promise<string>
}

/** Looks for `promtool` on the PATH. */
export function promtool(): Promtool {
  const found = spawnSync('promtool', ['--version']).status === 0
  return {
    missing: found ? false : 'promtool is not installed (it is part of Prometheus)',
    checkMetrics: async (text) => {
      const run = promisify(execFile)('promtool', ['check', 'metrics'])
      run.child.stdin!.end(text)
      return run.then(
        ({ stdout, stderr }) => stdout + stderr,
        ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
      )
    },
  }
}
