import { openConsumer, type ConsumerOptions } from '../src/index.js'

// A worker process for tests that kill one: takes a job, tells its parent and never ends it.
await openConsumer(JSON.parse(process.argv[2]!) as ConsumerOptions, (generationId) => {
  process.send!({ generationId })
  return new Promise(() => {})
})
process.on('disconnect', () => process.exit(1))
