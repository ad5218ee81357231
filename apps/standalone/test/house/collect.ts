import { root } from '../start-stack.js'

const { collect: collectFiles } = (await import(`${root}/docker/production-files.mjs`)) as {
  collect(process: 'api' | 'worker', folder: string): void
}

/** Collects the files that the image of a process holds, as its Dockerfile does. */
export const collect = collectFiles

const sbom = (await import(`${root}/docker/sbom.mjs`)) as {
  billOfMaterials(
    folder: string,
    name: string,
  ): { components: { name: string; version: string; licenses?: unknown; hashes?: unknown }[] }
}

/** What the packages of an image are, as the image says. */
export const billOfMaterials = sbom.billOfMaterials
