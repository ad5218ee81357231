import type { Image } from '@atelier/contracts'
import { ImageOff } from 'lucide-react'
import { useCallback, useEffect, useRef, useState, type ComponentProps } from 'react'
import { words } from '../messages/words.js'
import { renewImage, seeImage, useRenewed } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import styles from './picture.module.css'

/** How long a picture that could not be loaded waits before it is tried again by itself, in milliseconds. */
const retryMs = 20_000
/** A picture smaller than this, in pixels, is shown larger with its pixels kept, rather than blurred. */
const smallPixels = 256

/** A picture with no more pixels than this on its longer side is its own thumbnail, without loss. */
const ownThumbnail = 160

/** The sign in place of a small picture, of a grey that can be seen in the light and in the dark. */
const sign = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 48 48" fill="none" stroke="#83897f" stroke-width="1.75" stroke-linecap="round"><path d="m2 2 20 20M10.4 10.4a2 2 0 1 1-2.8-2.8M13.5 13.5 6 21M18 12l3 3M3.6 3.6A2 2 0 0 0 3 5v14a2 2 0 0 0 2 2h14a2 2 0 0 0 1.4-.6M21 15V5a2 2 0 0 0-2-2H9"/></svg>`,
)}`

type Link = 'url' | 'thumbnailUrl'

const linkOf = (image: Image, link: Link): string =>
  Math.max(image.width, image.height) <= ownThumbnail ? image.url : image[link]

/** Whether a picture can be loaded. */
async function loads(address: string): Promise<boolean> {
  const probe = new window.Image()
  probe.src = address
  return probe.decode().then(
    () => true,
    () => false,
  )
}

/** What a {@link Picture} needs besides the attributes of an `img`. */
export interface PictureProps extends Omit<ComponentProps<'img'>, 'src'> {
  image: Image
  /** The whole picture, or its thumbnail (WebP, at most 256 pixels). */
  link: Link
  /** What is in it, for those who cannot see it. */
  alt: string
  /** Whether a button stands in its place when it cannot be loaded; not where the picture is a part of a button itself. */
  retry?: boolean
}

/**
 * A picture by its signed link, which expires: when it cannot be loaded, a fresh link is asked for. If that does not help, a
 * quiet sign stands in its place, and it is tried again now and then, when the browser is online again, and when it is
 * pressed.
 */
export function Picture({ image, link, className, retry = false, onClick, ...attributes }: PictureProps) {
  const current = useRenewed(image)
  seeImage(image)
  const [failedId, setFailedId] = useState<string | null>(null)
  const broken = failedId === image.id
  const asked = useRef(-retryMs)
  // The sign stays until there is something to see, so that nothing flickers.
  const renew = useCallback(async () => {
    asked.current = performance.now()
    const fresh = await renewImage(image)
    if (fresh && (await loads(linkOf(fresh, link)))) setFailedId(null)
  }, [image, link])
  useEffect(() => {
    if (!broken) return
    const again = () => void renew()
    const timer = setInterval(again, retryMs)
    window.addEventListener('online', again)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', again)
    }
  }, [broken, renew])
  const onError = () => {
    setFailedId(image.id)
    if (performance.now() - asked.current >= retryMs) void renew()
  }
  if (broken && retry)
    return (
      <div className={styles.broken} role="group" aria-label={attributes.alt}>
        <ImageOff size={28} aria-hidden />
        {words.conversation.notLoaded}
        <button type="button" className={controls.quiet} onClick={() => void renew()}>
          {words.conversation.tryAgain}
        </button>
      </div>
    )
  const classes = [broken ? styles.sign : Math.max(image.width, image.height) < smallPixels && styles.small, className]
    .filter(Boolean)
    .join(' ')
  return (
    <img
      width={image.width}
      height={image.height}
      decoding="async"
      draggable={false}
      {...attributes}
      className={classes || undefined}
      src={broken ? sign : linkOf(current, link)}
      title={broken ? words.conversation.notLoaded : attributes.title}
      onError={onError}
      onClick={(event) => {
        if (broken) void renew()
        onClick?.(event)
      }}
    />
  )
}
