import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { outputName, picturesOf } from './run-case.mjs'

/**
 * Makes the pictures of all test cases that are not there yet, in several processes of one thread each: many small runs
 * side by side get more out of the cores than one run on all of them. A process gets its next case when it is done
 * with the last, so that a slow one holds up nobody.
 *
 * @param folder - `cases.json` and its pictures
 * @param model - a model folder
 * @param outputs - folder of the pictures that come out; made when missing
 * @param processes - how many, at most
 * @param settings - of every generation, in place of the model's defaults: steps, sampler, guidanceScale, guidanceInterval
 * @param onPictures - gets the number of pictures done and of all
 * @returns how many pictures were made
 */
export async function runCases(folder, model, outputs, { processes, settings = {}, onPictures = () => {} }) {
  const { cases } = JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8'))
  await mkdir(outputs, { recursive: true })
  const missing = (testCase) =>
    picturesOf(testCase).filter(({ mode, turn }) => !existsSync(join(outputs, outputName(testCase, mode, turn)))).length
  const waiting = cases.filter((testCase) => missing(testCase) > 0)
  const toMake = waiting.reduce((sum, testCase) => sum + missing(testCase), 0)
  const total = cases.reduce((sum, testCase) => sum + picturesOf(testCase).length, 0)
  let done = total - toMake
  const next = () => {
    const testCase = waiting.shift()
    return testCase && { testCase, pictures: missing(testCase) }
  }
  const onCase = (pictures) => onPictures((done += pictures), total)
  onCase(0)
  const running = Array.from({ length: Math.min(processes, waiting.length) }, () =>
    startProcess([folder, model, outputs, JSON.stringify(settings)], next, onCase),
  )
  try {
    await Promise.all(running.map(({ ended }) => ended))
  } finally {
    for (const { child } of running) child.kill()
  }
  return toMake
}

/** A process that asks `next` for cases until there are none. `ended` is rejected when it fails. */
function startProcess(args, next, onCase) {
  const child = fork(fileURLToPath(new URL('case-process.mjs', import.meta.url)), args)
  const ended = new Promise((resolve, reject) => {
    let current
    child.on('message', ({ error }) => {
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
