import type { MaskMode } from '@atelier/contracts'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { fail } from '../../app/failure.js'
import type { DraftImage } from '../../draft/draft.js'
import { dropUnfinished, readUnfinished, saveUnfinished } from '../../draft/unfinished.js'
import type { Size } from '../geometry.js'
import { MaskDocument } from './mask-document.js'
import { readMask } from './mask-file.js'
import { MaskRaster } from './mask-raster.js'

/** How long after a change a mask is kept, in milliseconds: a hand that paints on is not held up. */
const saveDelayMs = 300

/** A mask in progress, as it is kept in this browser. */
export interface UnfinishedMask extends Size {
  pixels: Uint8Array
  mode: MaskMode
}

/** Keeps a mask in progress under a name. */
export const keepMask = (key: string, { width, height, pixels }: MaskRaster, mode: MaskMode): Promise<void> =>
  saveUnfinished(key, { width, height, pixels, mode } satisfies UnfinishedMask)

/** A mask that is being made, and how it will be used; null while it is read. */
export interface OpenMask {
  document: MaskDocument
  mode: MaskMode
  setMode(mode: MaskMode): void
  /** Keeps it no longer: it has been used. */
  forget(): Promise<void>
}

/**
 * The mask of a picture, to go on with: what was left unfinished, otherwise the one that the draft has on it, otherwise
 * none. Every change is kept in this browser.
 *
 * @param key - its name among what is unfinished
 */
export function useMaskDocument(key: string, size: Size, used: DraftImage | undefined): OpenMask | null {
  const [document, setDocument] = useState<MaskDocument | null>(null)
  const [mode, setMode] = useState<MaskMode>('keep')
  const { width, height } = size

  useEffect(() => {
    let current = true
    const open = async () => {
      const kept = await readUnfinished<UnfinishedMask>(key)
      const fits = kept?.width === width && kept.height === height
      const raster = fits
        ? new MaskRaster(width, height, kept.pixels)
        : used?.maskId
          ? await readMask(used.maskId, { width, height })
          : new MaskRaster(width, height)
      if (!current) return
      setMode((fits ? kept.mode : used?.maskMode) ?? 'keep')
      setDocument(new MaskDocument(raster))
    }
    open().catch((error: unknown) => {
      if (!current) return
      fail(error)
      setDocument(new MaskDocument(new MaskRaster(width, height)))
    })
    return () => {
      current = false
    }
    // what the draft says later is what was made here
    // oxlint-disable-next-line react/exhaustive-deps
  }, [key, width, height])

  // with the mode of the moment: one that has changed since the stroke is not put back
  const forgotten = useRef(false)
  const save = useEffectEvent(() => {
    if (!document || forgotten.current) return
    if (document.raster.marked) void keepMask(key, document.raster, mode)
    else void dropUnfinished(key)
  })
  useEffect(() => {
    if (!document) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = document.listen(() => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        save()
      }, saveDelayMs)
    })
    return () => {
      end()
      clearTimeout(timer)
      if (timer !== undefined) save()
    }
  }, [document])

  if (!document) return null
  const changeMode = (next: MaskMode) => {
    setMode(next)
    if (document.raster.marked) void keepMask(key, document.raster, next)
  }
  const forget = () => {
    forgotten.current = true
    return dropUnfinished(key)
  }
  return { document, mode, setMode: changeMode, forget }
}
