import type { ApiSettings } from '@atelier/service'

/** Longest `session.json` in bytes: thousands of turns. */
export const manifestBytes = 16 * 1024 * 1024
/** Most files of an archive. */
export const maxEntries = 20_001
/** Largest file of a thumbnail in bytes: well above 256×256 pixels without compression. */
export const thumbnailBytes = 512 * 1024

/**
 * Largest file of a picture in bytes: that of an upload, or what the largest picture has as a PNG that could not be
 * compressed, because made and outpainted pictures are such.
 */
export const pictureBytes = ({ uploadBytes, imagePixels }: ApiSettings['limits']): number =>
  Math.max(uploadBytes, 4 * imagePixels + 64 * 1024)
