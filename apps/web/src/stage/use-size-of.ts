import { useLayoutEffect, useState, type RefObject } from 'react'
import type { Size } from './geometry.js'

/** The inner size of an element in CSS pixels, now and whenever it changes; null until it is there or while it is empty. */
export function useSizeOf(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null)
  useLayoutEffect(() => {
    const { current } = element
    if (!current) return
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = current
      setSize((before) => {
        if (!width || !height) return null
        return before?.width === width && before.height === height ? before : { width, height }
      })
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    return () => observer.disconnect()
  }, [element])
  return size
}
