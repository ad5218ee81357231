import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import { whileModelStands } from '../chat/standing-model.js'
import { startChat, type Chat } from '../chat/start-chat.js'
import { root } from '../start-stack.js'
import { dashboardSteps } from './dashboard-steps.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('workers in the dashboard', () => {
  let chat: Chat
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
  })
  const workers: ChildProcess[] = []
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL')
    await chat?.close()
  })

  const { admin, open, ask, confirm } = dashboardSteps(() => chat)

  /** Another worker beside that of `npm start`, as a process of its own. */
  const startWorker = (): ChildProcess => {
    const password = readFileSync(join(chat.data, 'postgres/password'), 'utf8').trim()
    const port = readFileSync(join(chat.data, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[3]
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      DATABASE_URL: `postgres://atelier:${password}@127.0.0.1:${port}/atelier`,
      OBJECTS_DIRECTORY: join(chat.data, 'objects'),
      URL_SIGNING_SECRET: readFileSync(join(chat.data, 'signing-secret'), 'utf8').trim(),
    }
    const worker = spawn(process.execPath, ['apps/worker/dist/src/server.js'], { cwd: root, env, stdio: 'inherit' })
    workers.push(worker)
    return worker
  }

  it('restarts the model of a worker', async () => {
    const worker = async () => (await admin('GET', 'workers')).data[0]
    const before = await worker()
    const page = await open('/workers')
    await page.getByText('Generations at once').waitFor()
    await confirm(page, page.getByRole('button', { name: /^Restart model/ }))
    await page.getByText(/restarts the process of its model within/).waitFor()
    const after = await eventually(
      'its model is loaded again',
      async () => {
        const now = await worker()
        return now.state === 'ready' && !now.restarting && now.stateSince > before.stateSince && now
      },
      120_000,
    )
    assert.deepEqual([after.id, after.pid], [before.id, before.pid], 'the worker itself goes on')
    await page.getByRole('region').getByText(/^Idle/).waitFor()
    await page.context().close()
  })

  it(
    'shows a worker being drained, another one being killed, and the work going on',
    async () => {
      const page = await open('/workers')
      await confirm(page, page.getByRole('button', { name: /^Drain/ }))
      await page.getByText(/^Drained/).waitFor({ timeout: 120_000 })
      const worker = startWorker()
      const second = page.getByRole('region').filter({ hasText: new RegExp(`, ${worker.pid}(?!\\d)`) })
      await second.getByText(/^Idle/).waitFor({ timeout: 120_000 })
      const id = await whileModelStands(worker.pid!, async (model) => {
        const generation = await ask('a green tree on a meadow', 100)
        await model.until('it shows a step', () => second.getByText(/Step [1-9]\d* of 100/).isVisible())
        await second.getByRole('link', { name: generation.id }).waitFor()
        worker.kill('SIGKILL')
        return generation.id
      })
      await second.getByText(/^Lost/).waitFor({ timeout: 120_000 })
      await page.getByRole('link', { name: 'Now' }).click()
      await page.getByRole('listitem').filter({ hasText: 'Worker on' }).filter({ hasText: 'Down' }).waitFor()
      await page.getByRole('link', { name: 'Workers' }).click()
      await page.getByRole('button', { name: /^Undrain/ }).click()
      await page.goto(`${chat.url}/admin/queue/${id}`)
      await page.getByRole('table', { name: 'Attempts' }).getByText('Worker lost').waitFor({ timeout: 120_000 })
      await page.getByText('Succeeded', { exact: true }).first().waitFor({ timeout: 120_000 })
      await page.context().close()
    },
    // a worker counts as lost after half a minute, its work after a minute
    10 * 60_000,
  )

  it('had no error in the browser but what was refused', () => {
    // Bull Board asks for a font from elsewhere, which the policy refuses; signing in begins with a refusal.
    const expected = /status of 40[01]|fonts\.googleapis/
    assert.deepEqual(
      chat.problems.filter((problem) => !expected.test(problem)),
      [],
    )
  })
})
