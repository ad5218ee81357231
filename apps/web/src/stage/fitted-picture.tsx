import { useRef, type ReactNode } from 'react'
import styles from './fitted-picture.module.css'
import type { Size } from './geometry.js'
import { fitPicture } from './picture-scale.js'
import { useSizeOf } from './use-size-of.js'

/** A box with the shape of a picture, as large as its place allows and careful with small pictures; `children` fill it. */
export function FittedPicture({
  picture,
  children,
  className,
}: {
  picture: Size
  children: ReactNode
  className?: string
}) {
  const place = useRef<HTMLDivElement>(null)
  const size = useSizeOf(place)
  const shown = size && fitPicture(picture, size, window.devicePixelRatio)
  return (
    <div ref={place} className={className ? `${styles.place} ${className}` : styles.place}>
      {shown && (
        <div className={styles.box} style={{ width: shown.width, height: shown.height }}>
          {children}
        </div>
      )}
    </div>
  )
}
