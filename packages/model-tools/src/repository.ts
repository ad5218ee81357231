import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { typedIn } from '@atelier/service'

/** Folder of the repository; this runs from `packages/model-tools/dist/src`. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/[/\\]$/, '')

/** Folder of the Python package `atelier_ml`. */
export const ml = join(root, 'ml')

/** Folder of the embedded model. */
export const embeddedModel = join(root, 'models/ace-mini')

/** Path of a file among the fixtures of `packages/ace`: golden data and untrained models. */
export const fixture = (name: string): string => join(root, 'packages/ace/test/fixtures', name)

/** A path of the command line, meant from where the command was typed. */
export const typedPath = (path: string): string => resolve(typedIn(), path)

/** The interpreter of `ml/.venv`. */
export const venvPython = join(ml, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')

/**
 * Runs a program with its output shown.
 *
 * @param cwd - default: the repository
 * @throws Error when it cannot be started or does not exit with 0
 */
export async function runProgram(program: string, args: readonly string[], cwd = root): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: 'inherit' })
  const ending = await new Promise<unknown>((done) => {
    child.on('error', (error: NodeJS.ErrnoException) => done(error.code))
    child.on('exit', (code, signal) => done(code ?? signal))
  })
  if (ending !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${String(ending)}`)
}

/** Makes `ml/.venv` unless it is there. @throws Error when that fails */
export const setUpPython = (): Promise<void> => runProgram('bash', [join(ml, 'setup.sh')])

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
