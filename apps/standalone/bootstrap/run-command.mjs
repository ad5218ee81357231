import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Folder of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[/\\]$/, '')

/** A command that ended with another exit code than 0, or could not be started. */
export class CommandError extends Error {
  constructor(command, code, output = '') {
    super(`${command} ended with ${code}${output && `:\n${output}`}`)
    this.code = typeof code === 'number' ? code : 1
  }
}

/**
 * Runs a program in the repository's folder; it ends when this process ends.
 *
 * @param options.quiet - keep the output for the error message instead of showing it
 * @throws CommandError
 */
export function runCommand(program, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, ...env },
    })
    const kill = () => child.kill()
    process.once('exit', kill)
    let output = ''
    for (const stream of quiet ? [child.stdout, child.stderr] : []) stream.on('data', (text) => (output += text))
    child.on('error', (error) => reject(new CommandError(program, error.code)))
    child.on('close', (code, signal) => {
      process.off('exit', kill)
      if (code === 0) resolve()
      else reject(new CommandError([program, ...args].join(' '), code ?? signal, output))
    })
  })
}

/** Runs a Node program of an installed package, such as `jest/bin/jest.js`. */
export const runNode = (script, args = [], options) =>
  runCommand(process.execPath, [`${root}/node_modules/${script}`, ...args], options)
