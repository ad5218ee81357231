import { it } from 'node:test'
import { fetchRedis } from '../test-support/fetch-redis.js'
import { startRedis } from '../test-support/redis-server.js'
import { generationQueueSuite } from './generation-queue.suite.js'

const program = await fetchRedis()
if (typeof program === 'string') it('generation queue on redis', { skip: program }, () => {})
else generationQueueSuite({ kind: 'redis', start: () => startRedis(program) })
