import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { promtool, testUnless } from '@atelier/testing'
import { startTestApi, type TestApi } from './support/test-api.js'

const { missing, checkMetrics } = promtool()
const documentation = new URL('../../../../docs/metrics.md', import.meta.url)

/** Value of a metric with these labels, undefined when it is not there. */
const valueOf = (text: string, metric: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${metric} `))
    ?.split(' ')[1]

describe('metrics', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi()
    const session = await api.session()
    const turn = async () =>
      (await api.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'x' } })).body.generations[0].id
    await api.finish(await turn())
    const cancelled = await turn()
    await api.send('POST', `/v1/generations/${cancelled}/cancel`)
    await turn()
  })
  afterAll(() => api.close())
  const read = async (of: TestApi = api) => (await of.send('GET', '/metrics', { as: of.admin })).body as string

  it('count what waits and what has ended', async () => {
    const text = await read()
    const queued = 'model="ace-test",priority="interactive"'
    assert.equal(valueOf(text, `atelier_queue_generations{${queued},status="queued"}`), '1')
    assert.ok(Number(valueOf(text, `atelier_queue_oldest_wait_seconds{${queued}}`)) >= 0)
    for (const status of ['succeeded', 'cancelled'])
      assert.equal(valueOf(text, `atelier_generations_total{model="ace-test",status="${status}",code=""}`), '1')
    assert.equal(valueOf(text, 'atelier_metrics_source_up{source="database"}'), '1')
    assert.ok(Number(valueOf(text, 'atelier_database_connections{state="busy"}')) >= 0)
    assert.equal(valueOf(text, 'atelier_sockets'), '0')
    assert.match(
      text,
      /atelier_http_request_duration_seconds_count\{method="POST",route="\/v1\/generations\/:id\/cancel",status="200"\} 1/,
    )
  })

  it('are absent, not old, when a part does not answer', async () => {
    let down = false
    const other = await startTestApi((d) => ({
      ...d,
      queue: Object.assign(Object.create(d.queue) as typeof d.queue, {
        counts: () => (down ? Promise.reject(new Error('down')) : d.queue.counts()),
      }),
    }))
    try {
      assert.match(await read(other), /^atelier_queue_jobs\{state="waiting"\} /m)
      down = true
      await new Promise((resolve) => setTimeout(resolve, 5100))
      const text = await read(other)
      assert.doesNotMatch(text, /^atelier_queue_jobs\{/m)
      assert.equal(valueOf(text, 'atelier_metrics_source_up{source="queue"}'), '0')
      assert.equal(valueOf(text, 'atelier_metrics_source_up{source="database"}'), '1')
    } finally {
      await other.close()
    }
  })

  it('are those that the documentation lists', async () => {
    const section = (await readFile(documentation, 'utf8')).split('## Of an API')[1]!.split('## ')[0]!
    const listed = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!)
    const made = [...(await read()).matchAll(/^# TYPE (atelier_\w+)/gm)].map(([, name]) => name!)
    // the object store is watched where the process opens it
    assert.deepEqual(listed.filter((name) => !name.startsWith('atelier_object_store')).sort(), made.sort())
  })

  testUnless(missing)('satisfy promtool', async () => assert.equal(await checkMetrics(await read()), ''))
})
