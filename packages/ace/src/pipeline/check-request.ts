import type { Manifest } from '@atelier/contracts'
import { GenerateRequestError } from '../errors.js'
import type { GenerateRequest } from '../types.js'

/**
 * Refuses what the model cannot do.
 *
 * @throws GenerateRequestError that names the field
 */
export function checkRequest(request: GenerateRequest, { limits, samplers, fast }: Manifest): void {
  const between = (
    field: 'steps' | 'historyRefresh' | 'stepCache' | 'guidanceScale' | 'guidanceRescale' | 'seed' | 'currentFrames',
    low: number,
    high: number,
    whole = true,
  ): void => {
    const value = request[field] ?? low
    if (!(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
      throw new GenerateRequestError(
        field,
        `must be ${whole ? 'a whole number ' : ''}from ${low} to ${high}, not ${value}`,
      )
    }
  }
  between('steps', 1, limits.maxSteps)
  between('guidanceScale', 1, limits.maxGuidanceScale, false)
  between('guidanceRescale', 0, 1, false)
  checkSampler(request, samplers)
  between('historyRefresh', 1, limits.maxSteps)
  between('stepCache', 0, 1, false)
  if (request.speed === 'fast' && !fast)
    throw new GenerateRequestError('speed', 'must be exact: the model has no fast settings')
  between('seed', 0, 2 ** 32 - 1)
  between('currentFrames', 0, request.frames.length)
  if (request.frames.length > limits.maxConditionFrames) {
    throw new GenerateRequestError(
      'frames',
      `are ${request.frames.length}, but the model takes ${limits.maxConditionFrames}`,
    )
  }
  if (request.currentFrames === 0) checkSize(request, limits)
}

function checkSampler({ sampler = 'ddim', guidanceInterval }: GenerateRequest, known: Manifest['samplers']): void {
  if (!known.includes(sampler))
    throw new GenerateRequestError('sampler', `must be ${known.join(' or ')}, not ${sampler}`)
  if (!guidanceInterval) return
  const [from, to] = guidanceInterval
  if (!(from >= 0 && from < to && to <= 1))
    throw new GenerateRequestError(
      'guidanceInterval',
      `must be two shares of the steps, 0 ≤ from < to ≤ 1, not ${from}, ${to}`,
    )
}

function checkSize({ width, height }: GenerateRequest, limits: Manifest['limits']): void {
  for (const [field, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value / limits.sizeMultiple) || value < limits.minSize) {
      throw new GenerateRequestError(
        field,
        `must be a multiple of ${limits.sizeMultiple} from ${limits.minSize}, not ${value}`,
      )
    }
  }
  if ((width / limits.sizeMultiple) * (height / limits.sizeMultiple) > limits.maxFrameTokens) {
    throw new GenerateRequestError(
      'width',
      `times height is more than ${limits.maxFrameTokens} squares of ${limits.sizeMultiple} pixels`,
    )
  }
  if (Math.max(width / height, height / width) > limits.maxAspect) {
    throw new GenerateRequestError('width', `and height are further apart than ${limits.maxAspect} to 1`)
  }
}
