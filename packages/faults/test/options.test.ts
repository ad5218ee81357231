import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { help, readOptions, UsageError } from '../src/options.js'
import { scenarios } from '../src/scenarios/index.js'

describe('the command line of the fault suite', () => {
  it('runs all scenarios but the soak on both backends by default, with a seed of its own', () => {
    const { scenarios: names, backends, seed, jobs } = readOptions([])
    assert.deepEqual([names.length, names.includes('soak')], [scenarios.length - 1, false])
    assert.deepEqual([backends, jobs], [['redis', 'postgres'], 200])
    assert.ok(Number.isInteger(seed))
    assert.notEqual(readOptions([]).seed, readOptions([]).seed)
  })

  it('takes scenarios by name, in their own order, and a seed', () => {
    const args = ['--scenario', 'api-kill', '--scenario', 'worker-kill', '--seed', '12', '--backend', 'postgres']
    const options = readOptions(args)
    assert.deepEqual(options.scenarios, ['worker-kill', 'api-kill'])
    assert.deepEqual([options.seed, options.backends], [12, ['postgres']])
  })

  it('says what is wrong', () => {
    const wrong: [string[], RegExp][] = [
      [['--scenario', 'earthquake'], /--scenario is worker-kill or .*, not earthquake/],
      [['--jobs', 'many'], /--jobs must be a whole number/],
      [['--jobs', '0'], /--jobs must be a whole number from 1/],
      [['--minutes', '1,5'], /--minutes must be a whole number/],
      [['--backend', 'mysql'], /--backend is redis or postgres/],
      [['--store', 'tape'], /--store is s3 or folder/],
      [['--sead', '1'], /sead/],
    ]
    for (const [args, message] of wrong)
      assert.throws(
        () => readOptions(args),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      )
  })

  it('explains every scenario', () => {
    for (const { name, what } of scenarios) assert.ok(help.includes(name) && help.includes(what))
  })
})
