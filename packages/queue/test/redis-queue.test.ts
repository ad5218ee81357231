import { sharedRedis, testUnless } from '@atelier/testing'
import { generationQueueSuite } from './generation-queue.suite.js'

const { url, missing } = sharedRedis()
if (missing) testUnless(missing)('generation queue on redis', () => {})
else generationQueueSuite({ kind: 'redis', start: async () => ({ url, stop: async () => {} }) })
