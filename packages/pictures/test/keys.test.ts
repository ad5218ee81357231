import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { pictureKeys, picturePrefixes } from '../src/keys.js'

test('an uploaded picture is stored under its id, with the extension of its format', () => {
  const uploaded = { id: 'img_1', generationId: null, index: null }
  const thumbnailKey = 'images/img_1.thumb.webp'
  assert.deepEqual(pictureKeys({ ...uploaded, contentType: 'image/png' }), {
    objectKey: 'images/img_1.png',
    thumbnailKey,
  })
  assert.deepEqual(pictureKeys({ ...uploaded, contentType: 'image/jpeg' }), {
    objectKey: 'images/img_1.jpg',
    thumbnailKey,
  })
  assert.deepEqual(pictureKeys({ ...uploaded, contentType: 'image/webp' }), {
    objectKey: 'images/img_1.webp',
    thumbnailKey,
  })
})

test('a generated picture is stored under its generation, whatever its id', () => {
  assert.deepEqual(pictureKeys({ generationId: 'gen_1', index: 2, contentType: 'image/png' }), {
    objectKey: 'generations/gen_1/2.png',
    thumbnailKey: 'generations/gen_1/2.thumb.webp',
  })
})

test('all keys begin with one of the prefixes', () => {
  const places = [
    { id: 'img_1', generationId: null, index: null },
    { generationId: 'gen_1', index: 0 },
  ] as const
  const keys = places.map((place) => pictureKeys({ ...place, contentType: 'image/png' }).objectKey)
  assert.deepEqual(
    keys.map((key) => picturePrefixes.find((prefix) => key.startsWith(prefix))),
    [...picturePrefixes],
  )
})
