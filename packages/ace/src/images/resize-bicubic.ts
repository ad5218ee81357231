import type { Raster } from './raster.js'

/** Fraction bits of a weight: with 8-bit samples and overshoot, a sum still fits 32 bits. */
const weightBits = 22
const half = 2 ** (weightBits - 1)

/**
 * Bicubic resize with antialiasing, across first and then down, byte for byte what Pillow makes of a picture that it
 * reduces: the models were trained on those. sharp's cubic kernel is up to 5 levels off when it reduces a lot.
 */
export function resizeBicubic(raster: Raster, width: number, height: number): Raster {
  const { channels } = raster
  let current = raster
  if (width !== raster.width) {
    const data = new Uint8Array(raster.height * width * channels)
    resample(raster.data, data, raster.width, width, {
      lines: raster.height,
      lineFrom: raster.width * channels,
      lineTo: width * channels,
      step: channels,
      channels,
    })
    current = { data, width, height: raster.height, channels }
  }
  if (height === current.height) return current
  const data = new Uint8Array(height * width * channels)
  resample(current.data, data, current.height, height, {
    lines: 1,
    lineFrom: 0,
    lineTo: 0,
    step: width * channels,
    channels: width * channels,
  })
  return { data, width, height, channels }
}

/** How the samples of one axis lie in memory. */
interface Axis {
  /** Independent lines, and the distance between their starts in source and target. */
  lines: number
  lineFrom: number
  lineTo: number
  /** Distance between neighbours along the axis; `channels` samples stand at each position. */
  step: number
  channels: number
}

function resample(source: Uint8Array, target: Uint8Array, from: number, to: number, axis: Axis): void {
  const { first, count, weights, most } = bicubicWeights(from, to)
  const { lines, lineFrom, lineTo, step, channels } = axis
  const sums = new Int32Array(channels)
  for (let line = 0; line < lines; line++) {
    for (let out = 0; out < to; out++) {
      sums.fill(half)
      const start = line * lineFrom + first[out]! * step
      for (let k = 0; k < count[out]!; k++) {
        const weight = weights[out * most + k]!
        const at = start + k * step
        for (let c = 0; c < channels; c++) sums[c]! += source[at + c]! * weight
      }
      const at = line * lineTo + out * step
      for (let c = 0; c < channels; c++) target[at + c] = Math.min(255, Math.max(0, sums[c]! >> weightBits))
    }
  }
}

/** For each output position: the first input position, how many follow, and their fixed-point weights. */
interface ResampleWeights {
  first: Int32Array
  count: Int32Array
  /** `[size, most]`: weights × 2^{@link weightBits}. */
  weights: Int32Array
  most: number
}

const sharpness = -0.5
const reach = 2

/**
 * Weights of an antialiased bicubic resize along one axis, computed as Pillow does: the kernel is stretched over
 * all input pixels that an output pixel covers.
 */
function bicubicWeights(from: number, to: number): ResampleWeights {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const support = reach * stretch
  const most = Math.ceil(support) * 2 + 1
  const first = new Int32Array(to)
  const count = new Int32Array(to)
  const weights = new Int32Array(to * most)
  for (let out = 0; out < to; out++) {
    const centre = (out + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - support + 0.5))
    const end = Math.min(from, Math.trunc(centre + support + 0.5))
    const values = Array.from({ length: end - start }, (_, i) => kernel((start + i - centre + 0.5) / stretch))
    const sum = values.reduce((total, value) => total + value, 0)
    first[out] = start
    count[out] = end - start
    values.forEach((value, i) => {
      const fixed = (value / sum) * 2 ** weightBits
      weights[out * most + i] = Math.trunc(fixed + Math.sign(fixed) * 0.5)
    })
  }
  return { first, count, weights, most }
}

/** The cubic convolution kernel. */
function kernel(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return ((sharpness + 2) * x - (sharpness + 3)) * x * x + 1
  if (x < reach) return (((x - 5) * x + 8) * x - 4) * sharpness
  return 0
}
