import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { brushRange, firstBrush, nextBrush, sizeAt, sliderSteps, stepOf } from '../src/stage/mask/brush-size.js'
import { MaskDocument } from '../src/stage/mask/mask-document.js'
import { MaskPointer, type Outline } from '../src/stage/mask/mask-pointer.js'
import { MaskRaster } from '../src/stage/mask/mask-raster.js'

/** A mask of 40 × 40 pixels that is shown at its own size, and the hand that paints on it. */
function paper() {
  const document = new MaskDocument(new MaskRaster(40, 40))
  const outlines: (Outline | null)[] = []
  const pointer = new MaskPointer({
    document,
    toPicture: (x, y) => ({ x, y }),
    onOutline: (outline) => outlines.push(outline),
  })
  const event = (clientX: number, clientY: number, fields: Partial<PointerEvent> = {}) =>
    ({
      clientX,
      clientY,
      pointerId: 1,
      pointerType: 'mouse',
      button: 0,
      buttons: 1,
      pressure: 0.5,
      timeStamp: 0,
      ...fields,
    }) as PointerEvent
  return { document, outlines, pointer, event, marked: () => document.raster.marked }
}

describe('the pointer on a mask', () => {
  it('paints from press to release, and only with the main button', () => {
    const { pointer, event, marked } = paper()
    assert.equal(pointer.down(event(5, 5, { button: 2, buttons: 2 }), 'brush', 4), false)
    assert.equal(pointer.down(event(5, 20), 'brush', 4), true)
    pointer.move(event(35, 20))
    pointer.up(event(35, 20))
    const painted = marked()
    assert.ok(painted >= 30 * 4, `${painted}`)
    pointer.move(event(20, 35))
    assert.equal(marked(), painted)
  })

  it('takes the places that a pen passed between two frames', () => {
    const { pointer, event, document } = paper()
    pointer.down(event(2, 2), 'brush', 2)
    const passed = [event(2, 30), event(30, 30)]
    pointer.move(event(30, 2, { getCoalescedEvents: () => [...passed, event(30, 2)] }))
    pointer.up(event(30, 2))
    assert.ok(document.raster.at(2, 20) && document.raster.at(20, 30) && document.raster.at(30, 20))
  })

  it('wipes away with Alt, and with the eraser of a pen', () => {
    for (const fields of [{ altKey: true }, { pointerType: 'pen', button: 5, buttons: 32 }]) {
      const { pointer, event, document } = paper()
      document.fillRectangle({ x: 0, y: 0 }, { x: 40, y: 40 }, 1)
      pointer.down(event(20, 20, fields), 'brush', 10)
      pointer.up(event(20, 20, fields))
      assert.equal(document.raster.at(20, 20), false)
    }
  })

  it('draws a straight line from the last place with Shift', () => {
    const { pointer, event, document } = paper()
    pointer.down(event(5, 5), 'brush', 3)
    pointer.up(event(5, 5))
    pointer.down(event(35, 35, { shiftKey: true }), 'brush', 3)
    pointer.up(event(35, 35))
    for (let i = 5; i < 35; i++) assert.ok(document.raster.at(i, i), `${i}`)
  })

  it('fills a lasso and a rectangle when the hand lets go, and shows their outline until then', () => {
    for (const [tool, pixels] of [
      ['rectangle', 100],
      ['lasso', 50],
    ] as const) {
      const { pointer, event, marked, outlines } = paper()
      pointer.down(event(10, 10), tool, 1)
      pointer.move(event(20, 10))
      pointer.move(event(20, 20))
      assert.equal(marked(), 0)
      assert.equal(outlines.at(-1)?.tool, tool)
      pointer.up(event(20, 20))
      assert.equal(outlines.at(-1), null)
      assert.ok(Math.abs(marked() - pixels) <= 10, `${tool}: ${marked()}`)
    }
  })

  it('takes back what a finger drew when a second one comes at once, and keeps a longer stroke', () => {
    const touch = (pointerId: number, timeStamp: number) => ({ pointerType: 'touch', pointerId, timeStamp })
    for (const [after, kept] of [
      [150, false],
      [900, true],
    ] as const) {
      const { pointer, event, marked, document } = paper()
      pointer.down(event(5, 5, touch(1, 0)), 'brush', 6)
      pointer.move(event(15, 5, touch(1, 50)))
      assert.equal(pointer.down(event(30, 30, touch(2, after)), 'brush', 6), false)
      const before = marked()
      assert.equal(before > 0, kept)
      pointer.move(event(35, 35, touch(1, after + 10)))
      pointer.up(event(35, 35, touch(1, after + 20)))
      pointer.up(event(35, 35, touch(2, after + 30)))
      assert.equal(marked(), before)
      assert.equal(document.canUndo, kept)
      assert.equal(pointer.down(event(20, 20, touch(3, 2000)), 'brush', 6), true)
    }
  })

  it('ignores the hand that holds a pen', () => {
    const { pointer, event } = paper()
    const pen = { pointerType: 'pen', timeStamp: 1000 }
    pointer.down(event(10, 10, pen), 'brush', 4)
    pointer.up(event(10, 10, pen))
    const palm = { pointerType: 'touch', pointerId: 7 }
    assert.equal(pointer.down(event(30, 30, { ...palm, timeStamp: 1200 }), 'brush', 4), false)
    pointer.up(event(30, 30, { ...palm, timeStamp: 1300 }))
    assert.equal(pointer.down(event(30, 30, { ...palm, timeStamp: 3000 }), 'brush', 4), true)
  })

  it('takes everything back when the system takes the pointer away', () => {
    const { pointer, event, marked, outlines } = paper()
    pointer.down(event(5, 5), 'brush', 6)
    pointer.cancel()
    pointer.down(event(5, 5), 'lasso', 6)
    pointer.move(event(25, 25))
    pointer.cancel()
    assert.equal(marked(), 0)
    assert.equal(outlines.at(-1), null)
    assert.equal(pointer.busy, false)
  })
})

describe('the width of a brush', () => {
  const picture = { width: 1200, height: 900 }

  it('goes up and down by a fifth, by a pixel at least, within what fits the picture', () => {
    assert.deepEqual(brushRange(picture), { least: 1, most: 600 })
    assert.equal(nextBrush(100, 1, picture), 120)
    assert.equal(nextBrush(120, -1, picture), 100)
    assert.equal(nextBrush(2, 1, picture), 3)
    assert.equal(nextBrush(1, -1, picture), 1)
    assert.equal(nextBrush(599, 1, picture), 600)
    assert.equal(firstBrush({ width: 64, height: 64 }), 4)
  })

  it('has a slider that goes from the thinnest to the widest', () => {
    assert.deepEqual([sizeAt(0, picture), sizeAt(sliderSteps, picture)], [1, 600])
    for (const size of [1, 4, 30, 200, 600]) {
      const back = sizeAt(stepOf(size, picture), picture)
      assert.ok(Math.abs(back - size) <= Math.max(1, size * 0.05), `${size} → ${back}`)
    }
  })
})
