import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { alphaOf } from '../src/scheduler/noise-schedule.js'
import { velocityToNoise } from '../src/scheduler/velocity-to-noise.js'

test('a velocity stands for the noise that it was made of, at much noise and at little', () => {
  const [picture, noise] = [Float32Array.of(0.5, -2, 1), Float32Array.of(1, 0.25, -1.5)]
  for (const sigma of [0.02, 0.7, 0.9998]) {
    const alpha = alphaOf(sigma)
    const noisy = picture.map((value, i) => alpha * value + sigma * noise[i]!)
    const velocity = picture.map((value, i) => alpha * noise[i]! - sigma * value)
    velocityToNoise(velocity, noisy, alpha, sigma)
    for (const [i, value] of velocity.entries()) assert.ok(Math.abs(value - noise[i]!) < 1e-5, `${sigma}: ${value}`)
  }
})
