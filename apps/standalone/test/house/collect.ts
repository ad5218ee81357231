import { root } from '../start-stack.js'

const { collect: collectFiles } = (await import(`${root}/docker/production-files.mjs`)) as {
  collect(process: 'api' | 'worker', folder: string): void
}

/** Collects the files that the image of a process holds, as its Dockerfile does. */
export const collect = collectFiles
