import { startTestPostgres } from '@atelier/database/testing'
import { generationQueueSuite } from './generation-queue.suite.js'

generationQueueSuite({ kind: 'postgres', start: startTestPostgres })
