import { fetchRedis, startRedis, testUnless } from '@atelier/testing'
import { generationQueueSuite } from './generation-queue.suite.js'

const program = await fetchRedis()
if (typeof program === 'string') testUnless(program)('generation queue on redis', () => {})
else generationQueueSuite({ kind: 'redis', start: () => startRedis(program) })
