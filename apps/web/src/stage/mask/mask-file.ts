import type { Image } from '@atelier/contracts'
import { atelier } from '../../server/client.js'
import type { Size } from '../geometry.js'
import { MaskRaster } from './mask-raster.js'

/** Uploads a mask as the API takes it: a picture of the same size, white where it is marked. */
export async function uploadMask(raster: MaskRaster): Promise<Image> {
  const canvas = new OffscreenCanvas(raster.width, raster.height)
  const pixels = new ImageData(raster.toBrightness(), raster.width, raster.height)
  canvas.getContext('2d')!.putImageData(pixels, 0, 0)
  return atelier.images.upload(await canvas.convertToBlob({ type: 'image/png' }), { purpose: 'mask' })
}

/**
 * The marks of a picture: where it is at least half bright.
 *
 * @param size - that the mask needs; a picture of another size is stretched to it
 */
export async function readMask(imageId: string, size: Size): Promise<MaskRaster> {
  // not by its link: pixels from another origin, such as a bucket's, could not be read
  const bytes = await atelier.images.content(imageId)
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  const context = new OffscreenCanvas(size.width, size.height).getContext('2d')!
  context.fillStyle = '#000'
  context.fillRect(0, 0, size.width, size.height)
  context.imageSmoothingEnabled = bitmap.width > size.width
  context.drawImage(bitmap, 0, 0, size.width, size.height)
  bitmap.close()
  return MaskRaster.fromBrightness(size, context.getImageData(0, 0, size.width, size.height).data)
}
