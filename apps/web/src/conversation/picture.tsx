import type { Image } from '@atelier/contracts'
import { useRef, type ComponentProps } from 'react'
import { renewImage, useImage } from '../server/queries.js'
import styles from './picture.module.css'

/** A link that failed is asked for again at most this often. */
const retryMs = 60_000
/** A picture smaller than this, in pixels, is shown larger with its pixels kept, rather than blurred. */
const smallPixels = 256

/** A picture with no more pixels than this on its longer side is its own thumbnail, without loss. */
const ownThumbnail = 160

/** What a {@link Picture} needs besides the attributes of an `img`. */
export interface PictureProps extends Omit<ComponentProps<'img'>, 'src'> {
  image: Image
  /** The whole picture, or its thumbnail (WebP, at most 256 pixels). */
  link: 'url' | 'thumbnailUrl'
  /** What is in it, for those who cannot see it. */
  alt: string
}

/** A picture by its signed link, which expires: when it cannot be loaded, a fresh link is asked for. */
export function Picture({ image, link, className, ...attributes }: PictureProps) {
  const current = useImage(image.id, image) ?? image
  const asked = useRef(-retryMs)
  const renew = () => {
    if (performance.now() - asked.current < retryMs) return
    asked.current = performance.now()
    void renewImage(image.id)
  }
  const longSide = Math.max(image.width, image.height)
  const small = longSide < smallPixels
  const classes = [small && styles.small, className].filter(Boolean).join(' ')
  return (
    <img
      width={image.width}
      height={image.height}
      decoding="async"
      draggable={false}
      {...attributes}
      className={classes || undefined}
      src={longSide <= ownThumbnail ? current.url : current[link]}
      onError={renew}
    />
  )
}
