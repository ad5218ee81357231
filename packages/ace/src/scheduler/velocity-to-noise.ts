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
