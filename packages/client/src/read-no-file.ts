/** What stands for `read-file.ts` in browsers, so that bundlers meet nothing of Node. @throws always */
export const readFile = async (file: string | URL): Promise<Uint8Array<ArrayBuffer>> => {
  throw new TypeError(`There are no files to read here, and so no ${file}. Give a Blob, such as a File of an input.`)
}
