import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { MaskDocument, undoLimits } from '../src/stage/mask/mask-document.js'
import { MaskRaster } from '../src/stage/mask/mask-raster.js'

/** The mask as rows of `#` and `.`. */
const draw = (raster: MaskRaster) =>
  Array.from({ length: raster.height }, (_, y) =>
    Array.from({ length: raster.width }, (_, x) => (raster.at(x, y) ? '#' : '.')).join(''),
  )
const documentOf = (width: number, height: number) => new MaskDocument(new MaskRaster(width, height))
const mark = { size: 1, value: 1, sensitive: false } as const
const at = (x: number, y: number, pressure = 0.5) => ({ x, y, pressure })

describe('a mask', () => {
  it('fills a polygon where the centres of pixels are inside', () => {
    const mask = documentOf(6, 5)
    mask.fillLasso([at(1, 1), at(5, 1), at(5, 4), at(1, 4)], 1)
    assert.deepEqual(draw(mask.raster), ['......', '.####.', '.####.', '.####.', '......'])
    mask.fillLasso([at(2.6, 0), at(9, 0), at(9, 9), at(2.6, 9)], 0)
    assert.deepEqual(draw(mask.raster), ['......', '.##...', '.##...', '.##...', '......'])
  })

  it('counts what an outline encloses twice as inside', () => {
    const mask = documentOf(8, 8)
    const round = [at(1, 1), at(7, 1), at(7, 7), at(1, 7)]
    mask.fillLasso([...round, ...round], 1)
    assert.equal(mask.raster.marked, 36)
  })

  it('cuts a lasso and a rectangle at the edges of the picture, and takes corners in any order', () => {
    const mask = documentOf(4, 3)
    mask.fillRectangle({ x: 9, y: 1.5 }, { x: 2.2, y: -3 }, 1)
    assert.deepEqual(draw(mask.raster), ['..##', '..##', '....'])
    mask.fillLasso([at(-5, -5), at(20, -5), at(20, 20), at(-5, 20)], 1)
    assert.equal(mask.raster.marked, 12)
    mask.fillRectangle({ x: 10, y: 10 }, { x: 20, y: 20 }, 0)
    assert.equal(mask.raster.marked, 12)
  })

  it('draws a thin stroke without gaps, on any slope and with few points', () => {
    const mask = documentOf(64, 64)
    mask.beginStroke(mark, at(2.5, 3.5))
    mask.extendStroke([at(60.5, 22.5)])
    mask.endStroke()
    for (let x = 3; x <= 60; x++)
      assert.ok(
        [...Array(64).keys()].some((y) => mask.raster.at(x, y)),
        `column ${x}`,
      )
    assert.ok(mask.raster.marked < 200, `${mask.raster.marked} pixels`)
  })

  it('marks a disc as large as the brush with one touch', () => {
    const mask = documentOf(64, 64)
    mask.beginStroke({ ...mark, size: 20 }, at(32, 32))
    mask.endStroke()
    const disc = Math.PI * 100
    assert.ok(Math.abs(mask.raster.marked - disc) < 0.12 * disc, `${mask.raster.marked} of ${disc}`)
  })

  it('is the same however the points of a stroke come, and as wide everywhere', () => {
    const points = Array.from({ length: 400 }, (_, i) => at(20 + i / 2, 60 + 30 * Math.sin(i / 40)))
    const [whole, single] = [documentOf(240, 120), documentOf(240, 120)]
    for (const [mask, parts] of [
      [whole, [points.slice(1)]],
      [single, points.slice(1).map((point) => [point])],
    ] as const) {
      mask.beginStroke({ ...mark, size: 10 }, points[0]!)
      for (const part of parts) mask.extendStroke(part)
      mask.endStroke()
    }
    assert.deepEqual(draw(whole.raster), draw(single.raster))
    for (const { x, y } of points) assert.ok(whole.raster.at(Math.floor(x), Math.floor(y)))
    for (let x = 30; x < 210; x++) {
      const high = [...Array(120).keys()].filter((y) => whole.raster.at(x, y)).length
      assert.ok(high >= 8 && high <= 21, `${high} at ${x}`)
    }
  })

  it('draws wider with more pressure, where a pen has any', () => {
    const marked = (pressure: number, sensitive: boolean) => {
      const mask = documentOf(100, 40)
      mask.beginStroke({ size: 12, value: 1, sensitive }, at(10, 20, pressure))
      mask.extendStroke(Array.from({ length: 20 }, (_, i) => at(14 + 4 * i, 20, pressure)))
      mask.endStroke()
      return mask.raster.marked
    }
    assert.ok(marked(0.9, true) > 1.5 * marked(0.2, true))
    assert.equal(marked(0.9, false), marked(0.2, false))
  })

  it('wipes marks away with the eraser', () => {
    const mask = documentOf(40, 40)
    mask.fillRectangle({ x: 0, y: 0 }, { x: 40, y: 40 }, 1)
    mask.beginStroke({ size: 8, value: 0, sensitive: false }, at(0, 20))
    mask.extendStroke([at(20, 20), at(39, 20)])
    mask.endStroke()
    assert.ok(!mask.raster.at(20, 20) && mask.raster.at(20, 2))
    assert.ok(mask.raster.marked < 1400)
  })

  it('undoes and redoes every kind of change exactly', () => {
    const mask = documentOf(130, 70)
    const seen = [draw(mask.raster)]
    const changes = [
      () => mask.fillRectangle({ x: 3, y: 3 }, { x: 128, y: 66 }, 1),
      () => {
        mask.beginStroke({ size: 9, value: 0, sensitive: false }, at(0, 0))
        for (let i = 0; i < 150; i++) mask.extendStroke([at(i, i / 2)])
        mask.endStroke()
      },
      () => mask.invert(),
      () => mask.fillLasso([at(60, 5), at(125, 30), at(70, 65)], 1),
      () => mask.clear(),
      () => mask.replace(new MaskRaster(130, 70, new Uint8Array(130 * 70).fill(1))),
    ]
    for (const change of changes) {
      change()
      seen.push(draw(mask.raster))
    }
    for (const expected of seen.slice(0, -1).reverse()) {
      mask.undo()
      assert.deepEqual(draw(mask.raster), expected)
    }
    assert.equal(mask.canUndo, false)
    for (const expected of seen.slice(1)) {
      mask.redo()
      assert.deepEqual(draw(mask.raster), expected)
    }
    assert.equal(mask.canRedo, false)
  })

  it('keeps no way back for what changed nothing, and none forward after a new change', () => {
    const mask = documentOf(10, 10)
    mask.clear()
    mask.fillRectangle({ x: 20, y: 20 }, { x: 30, y: 30 }, 1)
    assert.equal(mask.canUndo, false)
    mask.fillRectangle({ x: 0, y: 0 }, { x: 2, y: 2 }, 1)
    mask.undo()
    mask.invert()
    assert.equal(mask.canRedo, false)
  })

  it('takes back a stroke that turns out to be two fingers', () => {
    const mask = documentOf(80, 80)
    mask.fillRectangle({ x: 10, y: 10 }, { x: 30, y: 30 }, 1)
    const before = draw(mask.raster)
    mask.beginStroke({ ...mark, size: 30 }, at(5, 5))
    mask.extendStroke([at(70, 70), at(5, 70)])
    mask.cancelStroke()
    assert.deepEqual(draw(mask.raster), before)
    mask.undo()
    assert.equal(mask.raster.marked, 0)
    assert.equal(mask.canUndo, false)
  })

  it('forgets the oldest changes of many', () => {
    const mask = documentOf(4, 4)
    for (let i = 0; i < undoLimits.changes + 20; i++) mask.invert()
    let undone = 0
    for (; mask.canUndo; undone++) mask.undo()
    assert.equal(undone, undoLimits.changes)
  })

  it('tells listeners a part that holds all that changed', () => {
    const mask = documentOf(200, 200)
    const copy = new MaskRaster(200, 200)
    mask.listen(({ x, y, width, height }) => {
      for (let row = y; row < y + height; row++)
        copy.pixels.set(mask.raster.pixels.subarray(row * 200 + x, row * 200 + x + width), row * 200 + x)
    })
    mask.beginStroke({ ...mark, size: 17 }, at(10, 10))
    for (let i = 0; i < 300; i++) mask.extendStroke([at(100 + 80 * Math.cos(i / 20), 100 + 80 * Math.sin(i / 31))])
    mask.endStroke()
    mask.fillLasso([at(1, 1), at(60, 20), at(30, 90)], 0)
    mask.undo()
    assert.deepEqual(draw(copy), draw(mask.raster))
  })

  it('becomes a picture and comes back; grey and transparent count as the API counts them', () => {
    const mask = documentOf(5, 4)
    mask.fillRectangle({ x: 1, y: 1 }, { x: 3, y: 4 }, 1)
    const rgba = mask.raster.toBrightness()
    assert.deepEqual(Array.from(rgba.subarray(0, 4)), [0, 0, 0, 255])
    assert.deepEqual(draw(MaskRaster.fromBrightness(mask.raster, rgba)), draw(mask.raster))
    const greys = new Uint8ClampedArray([127, 127, 127, 255, 128, 128, 128, 255, 255, 255, 255, 100])
    assert.deepEqual(draw(MaskRaster.fromBrightness({ width: 3, height: 1 }, greys)), ['.#.'])
  })

  it('refuses the marks of a mask of another size', () => {
    assert.throws(() => documentOf(4, 4).replace(new MaskRaster(4, 5)), RangeError)
  })

  it('keeps up with a hand on a large picture', () => {
    const mask = documentOf(4000, 4000)
    mask.beginStroke({ ...mark, size: 300 }, at(200, 200))
    // the processor's time, since the machine may have other work; the median, since compiling and collecting count too
    const times = Array.from({ length: 200 }, (_, i) => {
      const before = process.cpuUsage()
      mask.extendStroke([at(200 + 18 * i, 2000 + 1700 * Math.sin(i / 20))])
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    })
    mask.endStroke()
    const median = times.sort((a, b) => a - b)[100]!
    assert.ok(median < 16, `${median.toFixed(1)} ms a point`)
  })
})
