const ascii = (file: Uint8Array, from: number, to: number): string => String.fromCharCode(...file.subarray(from, to))

/**
 * Whether a file begins as PNG, JPEG or WebP. Looked at before decoding, because libvips would also read formats
 * that fetch or run things (SVG, PDF).
 */
export function isPictureFile(file: Uint8Array): boolean {
  return (
    ascii(file, 0, 8) === '\x89PNG\r\n\x1a\n' ||
    ascii(file, 0, 3) === '\xff\xd8\xff' ||
    (ascii(file, 0, 4) === 'RIFF' && ascii(file, 8, 12) === 'WEBP')
  )
}
