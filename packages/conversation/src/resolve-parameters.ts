import {
  AtelierError,
  type Manifest,
  type Parameters,
  type ParametersRequest,
  type TurnImage,
} from '@atelier/contracts'

/** Most variations of one turn. */
export const maxCount = 10

/** How many seeds there are: 0 … 2³²−1. */
export const seedCount = 2 ** 32

function checkRange(field: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return
  throw new AtelierError('parameter_out_of_range', `\`${field}\` must be from ${low} to ${high}.`, {
    field,
    value,
    min: low,
    max: high,
  })
}

function checkSize(width: number, height: number, { limits }: Pick<Manifest, 'limits'>): void {
  const { sizeMultiple, minSize, maxFrameTokens, maxAspect } = limits
  const refuse = (why: string): never => {
    throw new AtelierError('invalid_size', `${width}×${height} ${why}.`, {
      width,
      height,
      sizeMultiple,
      minSize,
      maxFrameTokens,
      maxAspect,
    })
  }
  if (width % sizeMultiple || height % sizeMultiple) refuse(`is not a multiple of ${sizeMultiple} each way`)
  if (Math.min(width, height) < minSize) refuse(`is smaller than ${minSize} pixels on a side`)
  if (Math.max(width, height) > Math.min(width, height) * maxAspect)
    refuse(`is more than ${maxAspect} times as long as wide`)
  const most = maxFrameTokens * sizeMultiple ** 2
  if (width * height > most) refuse(`has more than the ${most} pixels that the model can draw`)
}

function checkSampling(
  { sampler, guidanceInterval, speed }: Parameters,
  { samplers, fast }: Pick<Manifest, 'samplers' | 'fast'>,
): void {
  if (speed === 'fast' && !fast)
    throw new AtelierError('parameter_out_of_range', '`speed` must be exact: this model has no fast settings.', {
      field: 'speed',
      value: speed,
      allowed: ['exact'],
    })
  if (!samplers.includes(sampler))
    throw new AtelierError('parameter_out_of_range', `\`sampler\` must be ${samplers.join(' or ')} with this model.`, {
      field: 'sampler',
      value: sampler,
      allowed: samplers,
    })
  if (!guidanceInterval) return
  const [from, to] = guidanceInterval
  checkRange('guidanceInterval', from, 0, 1)
  checkRange('guidanceInterval', to, 0, 1)
  if (from < to) return
  throw new AtelierError('parameter_out_of_range', '`guidanceInterval` must begin before it ends.', {
    field: 'guidanceInterval',
    value: guidanceInterval,
    min: 0,
    max: 1,
  })
}

/**
 * Checks that a record can be run: for generations that were not made here, and again before one is repeated. Of a size
 * only what makes it dear or impossible is refused, because an edit has the size of its picture.
 *
 * @throws AtelierError `invalid_size` or `parameter_out_of_range`
 */
export function checkParameters(
  parameters: Parameters,
  manifest: Pick<Manifest, 'limits' | 'samplers' | 'fast'>,
): void {
  const { limits } = manifest
  checkSize(parameters.width, parameters.height, {
    limits: { ...limits, minSize: limits.sizeMultiple, maxAspect: limits.maxFrameTokens },
  })
  checkRange('steps', parameters.steps, 1, limits.maxSteps)
  checkRange('guidanceScale', parameters.guidanceScale, 1, limits.maxGuidanceScale)
  checkRange('guidanceRescale', parameters.guidanceRescale, 0, 1)
  checkSampling(parameters, manifest)
}

/** What one generation of a turn is made with. */
export interface Variation {
  seed: number
  parameters: Parameters
}

/**
 * Fills in the model's defaults, checks its limits and fixes the seeds: variation i of a turn has the seed
 * (seed + i) mod 2³².
 *
 * @param request - `keepUnmasked` left out: whether the picture being edited is repainted, that is, its mask erases
 * @param images - the images that the turn names; the default image has no mask, so it makes no difference here
 * @returns one entry a variation, 1–{@link maxCount}
 * @throws AtelierError `invalid_size` or `parameter_out_of_range`
 */
export function resolveParameters(
  request: ParametersRequest & { seed: number },
  manifest: Manifest,
  [edited]: readonly TurnImage[],
): Variation[] {
  const { limits } = manifest
  const { count = 1, seed, speed = 'exact' } = request
  const defaults = speed === 'fast' ? { ...manifest.defaults, ...manifest.fast } : manifest.defaults
  const parameters: Parameters = {
    width: request.width ?? defaults.width,
    height: request.height ?? defaults.height,
    steps: request.steps ?? defaults.steps,
    guidanceScale: request.guidanceScale ?? defaults.guidanceScale,
    guidanceRescale: request.guidanceRescale ?? defaults.guidanceRescale,
    sampler: request.sampler ?? defaults.sampler,
    guidanceInterval: request.guidanceInterval === undefined ? defaults.guidanceInterval : request.guidanceInterval,
    speed,
    negativePrompt: request.negativePrompt ?? '',
    keepUnmasked:
      request.keepUnmasked ?? (edited !== undefined && edited.maskId !== null && edited.maskMode === 'erase'),
  }
  checkSize(parameters.width, parameters.height, manifest)
  checkRange('steps', parameters.steps, 1, limits.maxSteps)
  checkRange('guidanceScale', parameters.guidanceScale, 1, limits.maxGuidanceScale)
  checkRange('guidanceRescale', parameters.guidanceRescale, 0, 1)
  checkSampling(parameters, manifest)
  checkRange('seed', seed, 0, seedCount - 1)
  checkRange('count', count, 1, maxCount)
  return Array.from({ length: count }, (_, index) => ({ seed: (seed + index) % seedCount, parameters }))
}
