import { fork, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Device, GenerateRequest } from '@atelier/ace'
import { outputName, picturesOf, type TestCase } from './run-case.js'

/** How cases are run. */
export interface RunCasesOptions {
  /** Processes, at most. */
  processes: number
  /** In place of the model's defaults, in every generation. */
  settings?: Partial<
    Pick<GenerateRequest, 'steps' | 'sampler' | 'guidanceScale' | 'guidanceInterval' | 'historyRefresh' | 'stepCache'>
  >
  /** Which of the folder's graphs to use; default: those for a CPU. */
  graphs?: Device
  /** Called with the pictures done and all pictures. */
  onPictures?: (done: number, total: number) => void
}

/**
 * Makes the pictures of all test cases that are not there yet, in several processes of one thread each: many small runs
 * side by side get more out of the cores than one run on all of them. A process gets its next case when it is done
 * with the last, so that a slow one holds up nobody.
 *
 * @param folder - `cases.json` and its pictures
 * @param model - a model folder
 * @param outputs - folder of the pictures that come out; made when missing
 * @returns how many pictures were made
 * @throws Error of the first process that fails; the others are ended
 */
export async function runCases(
  folder: string,
  model: string,
  outputs: string,
  { processes, settings = {}, graphs = 'cpu', onPictures = () => {} }: RunCasesOptions,
): Promise<number> {
  const { cases } = JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')) as { cases: TestCase[] }
  await mkdir(outputs, { recursive: true })
  const missing = (testCase: TestCase): number =>
    picturesOf(testCase).filter(({ mode, turn }) => !existsSync(join(outputs, outputName(testCase, mode, turn)))).length
  const waiting = cases
    .map((testCase) => ({ testCase, pictures: missing(testCase) }))
    .filter(({ pictures }) => pictures)
  const toMake = waiting.reduce((sum, { pictures }) => sum + pictures, 0)
  const total = cases.reduce((sum, testCase) => sum + picturesOf(testCase).length, 0)
  let done = total - toMake
  const onCase = (pictures: number): void => onPictures((done += pictures), total)
  onCase(0)
  const running = Array.from({ length: Math.min(processes, waiting.length) }, () =>
    startProcess([folder, model, outputs, graphs, JSON.stringify(settings)], () => waiting.shift(), onCase),
  )
  try {
    await Promise.all(running.map(({ ended }) => ended))
  } finally {
    for (const { child } of running) child.kill()
  }
  return toMake
}

/** A case and how many of its pictures are missing. */
interface Work {
  testCase: TestCase
  pictures: number
}

/** A process that asks `next` for cases until there are none. `ended` rejects when it fails. */
function startProcess(
  args: string[],
  next: () => Work | undefined,
  onCase: (pictures: number) => void,
): { child: ChildProcess; ended: Promise<void> } {
  const child = fork(fileURLToPath(new URL('case-process.js', import.meta.url)), args)
  const ended = new Promise<void>((resolve, reject) => {
    let current: Work | undefined
    child.on('message', ({ error }: { error?: string }) => {
      if (error) return reject(new Error(error))
      if (current) onCase(current.pictures)
      current = next()
      if (current) child.send(current.testCase)
      else child.disconnect()
    })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      code === 0 && !current
        ? resolve()
        : reject(new Error(`a process that makes pictures ended with ${code ?? signal}`)),
    )
  })
  return { child, ended }
}
