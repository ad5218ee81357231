import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { looksOutOfMemory } from '@atelier/ace'
import { comparePictures } from '../src/generation/check-reproduction.js'
import { withRetries } from '../src/generation/with-retries.js'
import { openingBound, silenceBound } from '../src/inference/watchdog.js'

test('silence: ten of the longest, never under the floor, ten floors while nothing was measured', () => {
  assert.equal(silenceBound(undefined), 300_000)
  assert.equal(silenceBound(200), 30_000)
  assert.equal(silenceBound(20_000), 200_000)
  assert.equal(silenceBound(10, 50), 100)
})

test('opening: the floor and a second for each 10 MB', () => {
  assert.equal(openingBound(0), 30_000)
  assert.equal(openingBound(600e6), 90_000)
  assert.equal(openingBound(10e6, 50), 1_050)
})

test('what used-up memory looks like', () => {
  for (const text of [
    "terminate called after throwing an instance of 'std::bad_alloc'",
    'CUDA failure 2: out of memory ; GPU=0',
    "Non-zero status code returned while running MatMul node. Name:'/blocks.0/MatMul' Status Message: /onnxruntime_src/" +
      'onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, ' +
      'onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 8589934592',
    'bfc_arena.cc:205 Status onnxruntime::BFCArena::Extend(size_t) Available memory of 1048576 is smaller than requested bytes of 8589934592',
    'CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; file=cuda_allocator.cc ; line=47 ; expr=cudaMalloc((void**)&p, size);',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cublasCreate(&cublas_handle_);',
    'CUDNN failure 4003: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ; GPU=0',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  ])
    assert.ok(looksOutOfMemory(text), text)
  for (const text of [
    'Got invalid dimensions for input: x',
    'CUDA failure 700: an illegal memory access was encountered',
  ])
    assert.ok(!looksOutOfMemory(text), text)
})

test('retries until it works, gives up on final errors and after the last try', async () => {
  let calls = 0
  const failing = (times: number) => async () => {
    if (++calls <= times) throw new Error(`no ${calls}`)
    return calls
  }
  assert.equal(await withRetries(failing(2), { pauseMs: 1 }), 3)
  calls = 0
  await assert.rejects(withRetries(failing(9), { pauseMs: 1, tries: 3 }), /no 3/)
  calls = 0
  await assert.rejects(withRetries(failing(9), { pauseMs: 1, final: () => true }), /no 1/)
})

test('an aborted signal ends the pauses with its reason', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('enough')), 20)
  const failing = async () => {
    throw new Error('no')
  }
  await assert.rejects(withRetries(failing, { pauseMs: 60_000, signal: stop.signal }), /enough/)
})

test('pictures: how many pixels differ, and the largest difference of a channel', () => {
  const picture = (...pixels: number[]) => ({ pixels: Uint8Array.from(pixels), width: pixels.length / 3, height: 1 })
  const made = picture(0, 0, 0, 9, 9, 9, 255, 0, 0)
  assert.deepEqual(comparePictures(made, made), { equal: true, differentPixels: 0, maxDifference: 0 })
  const other = picture(0, 0, 0, 9, 7, 10, 255, 0, 1)
  assert.deepEqual(comparePictures(made, other), { equal: false, differentPixels: 2, maxDifference: 2 })
  const smaller = comparePictures(made, picture(0, 0, 0))
  assert.deepEqual(smaller, { equal: false, differentPixels: 3, maxDifference: 255 })
})
