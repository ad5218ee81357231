import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Folder of the repository. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** The embedded stack as a user starts it: `npm start` in a process of its own. */
export interface StartedStack {
  url: string
  process: ChildProcess
  /** Everything it has printed. */
  output(): string
  /** Milliseconds from the command to the welcome text. */
  startMs: number
  /** Sends the signal and waits for the end; returns the exit code (null when the signal itself ended it). */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts `node apps/standalone/bootstrap/start.mjs` and waits until it says that it is ready. @throws with its output when it ends before */
export async function startStack(
  env: { ATELIER_DATA: string; PORT: string } & Record<string, string>,
): Promise<StartedStack> {
  const began = performance.now()
  const child = spawn(process.execPath, ['apps/standalone/bootstrap/start.mjs'], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  // `close` comes once all that it has printed is read, `exit` perhaps before
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  await new Promise<void>((resolve, reject) => {
    const read = (data: Buffer) => {
      text += data.toString()
      if (text.includes('Ctrl-C stops it')) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then((code) => reject(new Error(`npm start ended with ${code}: ${text}`)))
  })
  return {
    url: `http://127.0.0.1:${env.PORT}`,
    process: child,
    output: () => text,
    startMs: performance.now() - began,
    stop: (signal = 'SIGINT') => {
      child.kill(signal)
      return ended
    },
  }
}
