import { openConsumer, type ConsumerOptions } from '../src/index.js'

// A worker process for tests that kill one: takes a job, tells its parent and never ends it. Its clock may be wrong.
const [options, aheadMs = '0'] = process.argv.slice(2)
const now = Date.now
Date.now = () => now() + Number(aheadMs)
await openConsumer(JSON.parse(options!) as ConsumerOptions, (generationId) => {
  process.send!({ generationId })
  return new Promise(() => {})
})
process.on('disconnect', () => process.exit(1))
