import { startTestPostgres } from '@atelier/testing'
import { generationQueueSuite } from './generation-queue.suite.js'

generationQueueSuite({ kind: 'postgres', start: startTestPostgres })
