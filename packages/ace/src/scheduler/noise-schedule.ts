/** How noise grows over the training steps. */
export interface ScheduleSettings {
  /** 1000 for ACE. */
  trainSteps: number
  /** First and last beta of the linear schedule: 1e-4 and 0.02. */
  betaStart: number
  betaEnd: number
}

/** x_t = alphas[t] · x_0 + sigmas[t] · noise, variance preserving; one value a training step, float32. */
export interface NoiseSchedule {
  alphas: Float32Array
  sigmas: Float32Array
}

/**
 * The linear schedule of ACE.
 *
 * Alphas are those of the sigmas already rounded to float32, as in the reference: near pure noise the rounding moves
 * alpha by up to 0.07 %, and a sampling run shows it.
 */
export function linearSchedule({ trainSteps, betaStart, betaEnd }: ScheduleSettings): NoiseSchedule {
  const alphas = new Float32Array(trainSteps)
  const sigmas = new Float32Array(trainSteps)
  let kept = 1
  for (let t = 0; t < trainSteps; t++) {
    kept *= 1 - (betaStart + ((betaEnd - betaStart) * t) / Math.max(trainSteps - 1, 1))
    sigmas[t] = Math.sqrt(1 - kept)
    alphas[t] = alphaOf(sigmas[t]!)
  }
  return { alphas, sigmas }
}

/** The alpha that keeps the variance at 1, every operation rounded to float32. */
export function alphaOf(sigma: number): number {
  return Math.fround(Math.sqrt(Math.fround(1 - Math.fround(sigma * sigma))))
}

/**
 * Turns a predicted velocity, v = alpha · eps − sigma · x_0 (Salimans and Ho, 2022), into the noise that it stands for,
 * in place: eps = alpha · v + sigma · x_t.
 *
 * @param velocity - gets the noise
 * @param latent - x_t, which the prediction is of
 * @param alpha - of its time step; alpha² + sigma² = 1
 */
export function velocityToNoise(velocity: Float32Array, latent: Float32Array, alpha: number, sigma: number): void {
  for (let i = 0; i < velocity.length; i++) velocity[i] = alpha * velocity[i]! + sigma * latent[i]!
}
