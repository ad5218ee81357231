import { newId } from '@atelier/contracts'
import type { ClaimedGeneration, Database, NewWorkerReport } from '@atelier/database'
import type { TestApi } from './test-api.js'

/** A worker's report, of a worker that is ready unless told otherwise. */
export const workerReport = (change: Partial<NewWorkerReport> = {}): NewWorkerReport => ({
  id: newId('worker'),
  state: 'ready',
  device: 'cpu',
  deviceRequested: 'cpu',
  deviceFallback: null,
  loading: null,
  unhealthyReason: null,
  models: ['ace-test', 'ace-other'],
  hostname: 'here',
  pid: 1,
  generationId: null,
  startedAt: new Date().toISOString(),
  ...change,
})

/** A queued generation of a new turn; its id. */
export async function queued(api: TestApi, { as = api.anna, model = 'ace-test', session = '' } = {}): Promise<string> {
  const id = session || (await api.session(as))
  const { status, body } = await api.send('POST', `/v1/sessions/${id}/turns`, {
    as,
    body: { instruction: 'a red ball', model },
  })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return (body as { generations: { id: string }[] }).generations[0]!.id
}

/** Claims a generation for a worker; throws when there is nothing to claim. */
export async function claimed(database: Database, id: string, workerId = newId('worker')): Promise<ClaimedGeneration> {
  const claim = await database.work.claim(id, workerId)
  if (!claim) throw new Error(`${id} cannot be claimed`)
  return claim
}

/** Ends a generation as one that has lost its worker again and again. */
export async function poisoned(database: Database, id: string): Promise<void> {
  await database.work.fail(await claimed(database, id), { code: 'worker_lost', message: 'Lost.' })
}
