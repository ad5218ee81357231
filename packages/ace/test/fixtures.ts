import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { GenerateRequest } from '../src/index.js'
import sharp from 'sharp'

/** Path of a fixture; tests run from `dist/test`. */
export const fixture = (name: string): string => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url))

/** The tiny untrained model: 64×64 by default, at most 64 tokens a frame. */
export const tinyModel = fixture('tiny-model')

/** Bytes of a file among the golden data. */
export const golden = (name: string): Promise<Uint8Array> => readFile(fixture(`golden/${name}`))

/** A request for a picture from text, four steps. */
export const textToImage: GenerateRequest = {
  instruction: 'a red circle on a blue background',
  frames: [],
  currentFrames: 0,
  width: 64,
  height: 64,
  steps: 4,
  guidanceScale: 4.5,
  guidanceRescale: 0.5,
  negativePrompt: '',
  keepUnmasked: false,
  seed: 7,
  cacheScope: 'somebody',
}

/** A picture of one colour as a PNG file. */
export const plainPng = (width: number, height: number, background = '#c33'): Promise<Uint8Array> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()

/** A black mask that is white where `isWhite` says so, as a PNG file. */
export const drawMask = (
  width: number,
  height: number,
  isWhite: (x: number, y: number) => boolean,
): Promise<Uint8Array> => {
  const data = Buffer.alloc(width * height)
  for (let i = 0; i < data.length; i++) if (isWhite(i % width, Math.floor(i / width))) data[i] = 255
  return sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer()
}

/** A black mask with a white left part, as a PNG file. */
export const leftMask = (width: number, height: number, white: number): Promise<Uint8Array> =>
  drawMask(width, height, (x) => x < white)
