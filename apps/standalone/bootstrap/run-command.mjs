import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Folder of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[/\\]$/, '')

/** A command that ended with another exit code than 0, or could not be started. */
export class CommandError extends Error {
  constructor(command, code) {
    super(`${command} ended with ${code}`)
    this.code = typeof code === 'number' ? code : 1
  }
}

/** Runs a program in the repository's folder with its output shown; rejects with {@link CommandError}. */
export function runCommand(program, args, { env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } })
    child.on('error', (error) => reject(new CommandError(program, error.code)))
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new CommandError([program, ...args].join(' '), code ?? signal)),
    )
  })
}

/** Runs a Node program of an installed package, such as `typescript/bin/tsc`. */
export const runNode = (script, args = [], options) =>
  runCommand(process.execPath, [`${root}/node_modules/${script}`, ...args], options)
