/** A kind of file that pictures come in. */
export interface PictureType {
  format: 'png' | 'jpeg' | 'webp'
  contentType: string
  extension: string
}

const ascii = (file: Uint8Array, from: number, to: number): string => String.fromCharCode(...file.subarray(from, to))

/** What a file is by its first bytes, whatever its name or Content-Type say; null when it is none of the three. */
export function pictureType(file: Uint8Array): PictureType | null {
  if (ascii(file, 0, 8) === '\x89PNG\r\n\x1a\n') return { format: 'png', contentType: 'image/png', extension: 'png' }
  if (ascii(file, 0, 3) === '\xff\xd8\xff') return { format: 'jpeg', contentType: 'image/jpeg', extension: 'jpg' }
  if (ascii(file, 0, 4) === 'RIFF' && ascii(file, 8, 12) === 'WEBP')
    return { format: 'webp', contentType: 'image/webp', extension: 'webp' }
  return null
}
