import type { Generation, Image } from '@atelier/contracts'
import { atelier } from '../server/client.js'

/** The formats in which a picture can be saved, by their names. */
export const pictureFormats = { PNG: 'image/png', JPEG: 'image/jpeg', WebP: 'image/webp' } as const
/** See {@link pictureFormats}. */
export type PictureFormat = keyof typeof pictureFormats

const extensions = { PNG: 'png', JPEG: 'jpg', WebP: 'webp' }
/** Of JPEG and WebP. */
const quality = 0.92

/**
 * A picture as a file. One that is stored in that format is given as it is, any other is encoded by the browser.
 *
 * @param enlarge - every pixel becomes a square of this many, with sharp edges
 */
export async function encode(image: Image, format: PictureFormat, enlarge = 1): Promise<Blob> {
  const type = pictureFormats[format]
  // not by its link: pixels from another origin, such as a bucket's, could not be read
  const stored = new Blob([(await atelier.images.content(image.id)) as Uint8Array<ArrayBuffer>], {
    type: image.contentType,
  })
  if (image.contentType === type && enlarge === 1) return stored
  const bitmap = await createImageBitmap(stored)
  const canvas = new OffscreenCanvas(bitmap.width * enlarge, bitmap.height * enlarge)
  const context = canvas.getContext('2d')!
  if (format === 'JPEG') {
    // it knows no transparency
    context.fillStyle = '#fff'
    context.fillRect(0, 0, canvas.width, canvas.height)
  }
  context.imageSmoothingEnabled = false
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return canvas.convertToBlob({ type, quality })
}

/** Characters that a file system may not like. */
const awkward = /[\\/:*?"<>|\p{Cc}\s]+/gu

/**
 * The name of a file: what the picture is called, cut between two words.
 *
 * @param otherwise - when nothing is left of the name
 */
export function fileNameFor(name: string, otherwise: string): string {
  const plain = name
    .replace(/\.(png|jpe?g|webp)$/i, '')
    .replace(awkward, ' ')
    .replace(/^[ .]+|[ .]+$/g, '')
  const characters = Array.from(plain)
  if (characters.length <= maxNameLength) return plain || otherwise
  const cut = characters.slice(0, maxNameLength).join('')
  return cut.slice(0, Math.max(cut.lastIndexOf(' '), maxNameLength / 2)).trim()
}
/** In characters. */
const maxNameLength = 60

/** Saves a picture to a file that is named after it. See {@link encode}. */
export async function savePicture(image: Image, name: string, format: PictureFormat, enlarge = 1): Promise<void> {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await encode(image, format, enlarge))
  link.download = `${fileNameFor(name, image.id)}.${extensions[format]}`
  link.click()
  // the browser has to have begun reading it
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/** Whether this page may write to the clipboard: browsers allow it only on secure pages. */
export const canCopy = (): boolean => typeof navigator.clipboard?.write === 'function'

/** Copies a picture, as a PNG: clipboards know no other format. */
export async function copyPicture(image: Image): Promise<void> {
  // given as a promise, because Safari counts what comes later as not asked for
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': encode(image, 'PNG') })])
}

/** The settings of a generation as text, in the words of the API: they can be sent as `parameters` of a turn. */
export function settingsText({ seed, model, parameters }: Pick<Generation, 'seed' | 'model' | 'parameters'>): string {
  return JSON.stringify({ model, parameters: { ...parameters, seed } }, null, 2)
}
