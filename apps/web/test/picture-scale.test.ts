import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { fitPicture } from '../src/stage/picture-scale.js'

const place = { width: 900, height: 700 }

describe('the size of a picture on the screen', () => {
  it('enlarges a small picture by a whole number, with the edges of its pixels', () => {
    assert.deepEqual(fitPicture({ width: 64, height: 64 }, place), {
      width: 640,
      height: 640,
      scale: 10,
      pixelated: true,
    })
    assert.equal(fitPicture({ width: 128, height: 32 }, place).width, 896)
  })

  it('counts the pixels of the screen itself on a dense one', () => {
    const { scale } = fitPicture({ width: 64, height: 64 }, place, 1.5)
    assert.equal(Number.isInteger(scale * 1.5), true)
    assert.ok(scale > 10 && scale <= 700 / 64)
  })

  it('fills the place with a large picture, smoothly, and blows none up beyond twice', () => {
    assert.deepEqual(fitPicture({ width: 1800, height: 700 }, place), {
      width: 900,
      height: 350,
      scale: 0.5,
      pixelated: false,
    })
    assert.equal(fitPicture({ width: 256, height: 256 }, place).scale, 2)
  })

  it('shrinks a small picture into a smaller place without edges', () => {
    const { width, pixelated } = fitPicture({ width: 64, height: 64 }, { width: 40, height: 40 })
    assert.deepEqual([width, pixelated], [40, false])
  })
})
