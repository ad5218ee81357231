// A worker in a process of its own, with short locks: what a test kills, stops and continues. Not so short that a machine
// with much else to do loses them.
import type { WorkerSettings } from '@atelier/service'
import { startWorker } from '../src/index.js'

const settings = JSON.parse(process.argv[2]!) as WorkerSettings
const worker = await startWorker(settings, { graceMs: 100, queue: { lockMs: 4000, stalledCheckMs: 300 } })
process.once('SIGTERM', () => void worker.close().then(() => process.exit(0)))
process.send!({ inferencePid: worker.inferencePid })
