import { readFile as read } from 'node:fs/promises'

/** The bytes of a file, where there are files (see `imports` of package.json). @param file - a path or a `file:` URL */
export const readFile = async (file: string | URL): Promise<Uint8Array<ArrayBuffer>> =>
  (await read(file)) as Uint8Array<ArrayBuffer>
