// The program of a work process: does one task after another for the pool, and ends itself when a task takes more
// processor time or memory than its input is worth. Decoders run on threads, so this loop stays free to watch them.
import { readFile } from 'node:fs/promises'
import { AtelierError } from '@atelier/contracts'
import {
  checkDecodingWork,
  cleanStored,
  convertPicture,
  outpaint,
  readAlphaMask,
  readMask,
  readPicture,
  readStored,
  type PictureFile,
} from '@atelier/pictures'
import { checkManifest } from '../archive/check-manifest.js'
import { tooCostlyExit, type TaskAnswer, type TaskMessage, type WorkBudget } from './messages.js'

const watchMs = 25
/** What a task may take besides its budget, for each pixel: a PNG of noise takes about 0.3 µs and 8 bytes to decode and encode again. */
const perPixel = { cpuMs: 0.0012, bytes: 20 }

let stopWatching = (): void => {}

/** Ends the process once the task has taken too much. @returns a function that allows it the work of more pixels */
function watch(budget: WorkBudget): (pixels: number) => void {
  const [cpu, rss] = [process.cpuUsage(), process.memoryUsage.rss()]
  const most = { ...budget }
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(cpu)
    if ((user + system) / 1000 <= most.cpuMs && process.memoryUsage.rss() - rss <= most.bytes) return
    process.exit(tooCostlyExit)
  }, watchMs)
  stopWatching = () => clearInterval(timer)
  return (pixels) => {
    most.cpuMs += pixels * perPixel.cpuMs
    most.bytes += pixels * perPixel.bytes
  }
}

let allow = (_pixels: number): void => {}

/** A file by its bytes, or by the place where an upload is kept. */
type GivenFile = PictureFile | { path: string; sha256: string }

const reading =
  <T>(read: (file: PictureFile, maxPixels: number) => Promise<T>) =>
  async (given: GivenFile, maxPixels: number): Promise<T> => {
    const file = { bytes: 'path' in given ? await readFile(given.path) : given.bytes, sha256: given.sha256 }
    allow(Math.min(maxPixels, await checkDecodingWork(file.bytes, maxPixels)))
    return read(file, maxPixels)
  }

const tasks = {
  readPicture: reading(readPicture),
  readMask: reading(readMask),
  readAlphaMask: reading(readAlphaMask),
  readStored: reading(readStored),
  cleanStored: async (bytes: Uint8Array, maxPixels: number) => {
    allow(Math.min(maxPixels, await checkDecodingWork(bytes, maxPixels)))
    return cleanStored(bytes, maxPixels)
  },
  convertPicture: async (...args: Parameters<typeof convertPicture>) => {
    const [file, { size }, maxPixels] = args
    allow((await checkDecodingWork(file, maxPixels)) + (size ? size.width * size.height : 0))
    return convertPicture(...args)
  },
  outpaint: async (...args: Parameters<typeof outpaint>) => {
    const [file, { width, height }, { top, right, bottom, left }, maxPixels] = args
    await checkDecodingWork(file, maxPixels)
    // the picture and its mask, which are both encoded
    allow(2 * Math.min(maxPixels, width * (1 + left + right) * height * (1 + top + bottom)))
    return outpaint(...args)
  },
  checkManifest: (...args: Parameters<typeof checkManifest>) => {
    // the largest takes about as long as eight million pixels
    allow(8_000_000)
    return checkManifest(...args)
  },
}

/** What a work process can do, by name. Arguments and results are copied from process to process. */
export type Tasks = typeof tasks

async function answerOf({ task, args }: TaskMessage): Promise<TaskAnswer> {
  try {
    return { value: await (tasks[task as keyof Tasks] as (...args: unknown[]) => unknown)(...args) }
  } catch (error) {
    if (error instanceof AtelierError) {
      const { code, message, details } = error
      return { failure: { code, message, details } }
    }
    return { failure: { code: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error) } }
  }
}

process.on('message', (message: TaskMessage) => {
  allow = watch(message.budget)
  void answerOf(message).then((answer) => {
    stopWatching()
    process.send!(answer)
  })
})
process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group; the API ends this process when its own work is done
process.on('SIGINT', () => {})
