import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { deviation, guide, isGuided } from '../src/scheduler/guide.js'
import { alphaOf, linearSchedule, velocityToNoise } from '../src/scheduler/noise-schedule.js'
import { createSampler } from '../src/scheduler/create-sampler.js'
import { trailingSteps } from '../src/scheduler/sampling-steps.js'
import { philox, seededNoise } from '../src/scheduler/seeded-noise.js'

const schedule = linearSchedule({ trainSteps: 1000, betaStart: 1e-4, betaEnd: 0.02 })

test('steps trail from the last training step; fractions are rounded for the model, halves to even', () => {
  assert.deepEqual([...trailingSteps(schedule, 4).timesteps], [999, 749, 499, 249])
  const { timesteps, modelTimesteps } = trailingSteps(schedule, 16)
  assert.deepEqual([timesteps[1], modelTimesteps[1]], [936.5, 936])
  assert.equal(trailingSteps(schedule, 1000).timesteps[999], 0)
  for (const count of [0, 1001, 2.5]) assert.throws(() => trailingSteps(schedule, count), RangeError)
})

for (const name of ['ddim', 'dpm++2m'] as const) {
  test(`knowing the true noise, ${name} returns to the picture it was mixed with`, () => {
    const steps = trailingSteps(schedule, 7)
    const picture = seededNoise(1, 64)
    const noise = seededNoise(2, 64)
    const latent = picture.map((value, i) => steps.alphasVp[0]! * value + steps.sigmasVp[0]! * noise[i]!)
    const sampler = createSampler(name, steps, 64)
    for (let index = 0; index < steps.count; index++) {
      const eps = latent.map((value, i) => (value - steps.alphas[index]! * picture[i]!) / steps.sigmas[index]!)
      sampler.step(latent, eps, index)
      sampler.predicted.forEach((value, i) => assert.ok(Math.abs(value - picture[i]!) < 1e-3))
    }
    assert.deepEqual([...latent], [...sampler.predicted])
  })
}

/**
 * How far a sampler is from the truth half way, where every even number of steps has a stop at time step 499. Pictures
 * are normal numbers of deviation s: then the best prediction of the noise is σ·x / (α²s² + σ²), and the exact path
 * keeps x / √(α²s² + σ²) constant.
 */
function errorHalfWay(name: 'ddim' | 'dpm++2m', count: number): number {
  const spread = 0.4
  const steps = trailingSteps(schedule, count)
  const variance = (i: number): number => (steps.alphasVp[i]! * spread) ** 2 + steps.sigmasVp[i]! ** 2
  const latent = Float32Array.of(1)
  const sampler = createSampler(name, steps, 1)
  for (let i = 0; i < count / 2; i++)
    sampler.step(latent, Float32Array.of((steps.sigmas[i]! * latent[0]!) / variance(i)), i)
  return Math.abs(latent[0]! - Math.sqrt(variance(count / 2) / variance(0)))
}

test('where the exact path is known, dpm++2m is nearer to it than ddim and of second order', () => {
  for (const count of [10, 20, 100]) {
    assert.ok(errorHalfWay('dpm++2m', count) < errorHalfWay('ddim', count) / 2, `${count} steps`)
    const gain = (name: 'ddim' | 'dpm++2m'): number => errorHalfWay(name, count) / errorHalfWay(name, 2 * count)
    assert.ok(gain('ddim') > 1.6 && gain('ddim') < 2.5, `ddim ${gain('ddim')}`)
    assert.ok(gain('dpm++2m') > 3.2, `dpm++2m ${gain('dpm++2m')}`)
  }
})

test('guidance between two shares of the steps: those whose middle lies there', () => {
  const guided = (count: number, from: number, to: number): number[] =>
    [...Array(count).keys()].filter((index) => isGuided(index, count, [from, to]))
  assert.deepEqual(guided(4, 0, 1), [0, 1, 2, 3])
  assert.deepEqual(guided(10, 0.3, 0.7), [3, 4, 5, 6])
  assert.deepEqual(guided(10, 0.7, 1), [7, 8, 9])
  assert.deepEqual(guided(3, 0.5, 0.6), [1])
  assert.deepEqual(guided(2, 0.4, 0.6), [])
})

test('guidance of scale 1 is the conditional prediction; rescale 1 gives its deviation', () => {
  const [conditional, unconditional, out] = [seededNoise(3, 100), seededNoise(4, 100), new Float32Array(100)]
  guide(conditional, unconditional, { scale: 1, rescale: 0 }, out)
  out.forEach((value, i) => assert.ok(Math.abs(value - conditional[i]!) < 1e-6))
  guide(conditional, unconditional, { scale: 5, rescale: 1 }, out)
  assert.ok(Math.abs(deviation(out) / deviation(conditional) - 1) < 1e-6)
  assert.equal(deviation(Float32Array.from([1, 2, 3, 4])), Math.sqrt(5 / 3))
})

test('Philox gives the known answers of Random123', () => {
  const hex = (words: number[]): string => words.map((word) => word.toString(16).padStart(8, '0')).join(' ')
  const ones = 0xffffffff
  assert.equal(hex(philox([0, 0, 0, 0], [0, 0])), '6627e8d5 e169c58d bc57ac4c 9b00dbd8')
  assert.equal(hex(philox([ones, ones, ones, ones], [ones, ones])), '408f276d 41c83b0e a20bc7c6 6d5451fd')
  const counter = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const
  assert.equal(hex(philox(counter, [0xa4093822, 0x299f31d0])), 'd16cfe09 94fdcceb 5001e420 24126ea1')
})

test('noise is normal, repeatable, and its beginning does not depend on its length', () => {
  const noise = seededNoise(42, 20001)
  assert.deepEqual(noise, seededNoise(42, 20001))
  assert.deepEqual(noise.slice(0, 99), seededNoise(42, 99))
  assert.notDeepEqual(noise.slice(0, 9), seededNoise(43, 9))
  assert.ok(Math.abs(noise.reduce((sum, value) => sum + value, 0) / noise.length) < 0.03)
  assert.ok(Math.abs(deviation(noise) - 1) < 0.02)
  const beyondTwo = noise.filter((value) => Math.abs(value) > 2).length / noise.length
  assert.ok(Math.abs(beyondTwo - 0.0455) < 0.006)
  assert.ok(seededNoise(2 ** 32 - 1, 64).every(Number.isFinite))
})

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
