/**
 * Whether a PNG says that it is animated: a chunk `acTL` before its first picture data (the decoder reads the first
 * picture alone and does not tell). Anything that is no PNG has no such chunk.
 */
export function isAnimatedPng(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 8; at + 8 <= file.length;) {
    const type = view.getUint32(at + 4)
    if (type === 0x6163544c) return true // acTL
    if (type === 0x49444154) return false // IDAT
    at += view.getUint32(at) + 12
  }
  return false
}
