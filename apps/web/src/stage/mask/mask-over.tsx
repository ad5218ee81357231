import type { MaskMode } from '@atelier/contracts'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { Size } from '../geometry.js'
import { readMask } from './mask-file.js'
import { MaskLayer } from './mask-layer.js'
import styles from './mask-over.module.css'
import { useSizeOf } from '../use-size-of.js'

/** What a {@link MaskOver} shows. */
export interface MaskOverProps {
  maskId: string
  mode: MaskMode
  /** Of the picture, in its pixels. */
  size: Size
}

/** A mask over its picture, as the mask editor shows it. It fills its parent, which has to have the picture's shape. */
export function MaskOver({ maskId, mode, size: { width, height } }: MaskOverProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const shown = useSizeOf(canvas)
  const { data: layer } = useQuery({
    queryKey: ['mask', maskId, width, height],
    queryFn: async () => new MaskLayer(await readMask(maskId, { width, height })),
    staleTime: Infinity,
    gcTime: 60_000,
  })
  useEffect(() => {
    const element = canvas.current
    if (!element || !layer || !shown) return
    const density = window.devicePixelRatio
    element.width = Math.round(shown.width * density)
    element.height = Math.round(shown.height * density)
    layer.draw(element, { x: 0, y: 0, ...shown }, mode)
  }, [layer, shown, mode])
  return <canvas ref={canvas} className={styles.over} aria-hidden />
}
