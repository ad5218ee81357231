import { pictureExtensions } from '@atelier/contracts'

/** Content type of a picture file that Atelier stores. */
export type PictureContentType = keyof typeof pictureExtensions

/** A picture format; the name is the one sharp gives it. */
export interface PictureFormat {
  name: 'png' | 'jpeg' | 'webp'
  contentType: PictureContentType
}

const ascii = (file: Uint8Array, from: number, to: number): string => String.fromCharCode(...file.subarray(from, to))

/**
 * The format of a file by its first bytes, whatever its name or Content-Type says; null for anything but PNG, JPEG and
 * WebP. Every file is checked here before it is decoded, because libvips also reads formats that fetch or run things
 * (SVG, PDF).
 */
export function formatOf(file: Uint8Array): PictureFormat | null {
  if (ascii(file, 0, 8) === '\x89PNG\r\n\x1a\n') return { name: 'png', contentType: 'image/png' }
  if (ascii(file, 0, 3) === '\xff\xd8\xff') return { name: 'jpeg', contentType: 'image/jpeg' }
  if (ascii(file, 0, 4) === 'RIFF' && ascii(file, 8, 12) === 'WEBP') return { name: 'webp', contentType: 'image/webp' }
  return null
}
