import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { AtelierApiError, AtelierConnectionError } from '@atelier/client'
import { isKeySpent, mayHaveArrived } from '../src/server/errors.js'

const answer = (status: number, code: AtelierApiError['code']) =>
  new AtelierApiError({ error: { code, message: code, requestId: '' } }, status)

describe('the last error of several tries', () => {
  it('leaves open whether one has arrived, unless the server has looked at what it got', () => {
    const passing = [
      new AtelierConnectionError('cut', undefined),
      answer(503, 'unavailable'),
      answer(429, 'queue_full'),
      answer(500, 'internal'),
      answer(401, 'unauthorized'),
      answer(409, 'still_running'),
    ]
    for (const error of passing) assert.equal(mayHaveArrived(error), true)
    for (const error of [answer(400, 'invalid_request'), answer(404, 'not_found'), answer(410, 'gone')])
      assert.equal(mayHaveArrived(error), false)
    assert.deepEqual(
      [answer(410, 'gone'), answer(409, 'idempotency_conflict'), answer(409, 'still_running')].map(isKeySpent),
      [true, true, false],
    )
  })
})
