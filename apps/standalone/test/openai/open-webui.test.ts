import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, freePort, sharedBrowser } from '@atelier/testing'
import { chromium, type Browser, type Page } from 'playwright-core'
import { startDoorStack, type DoorStack } from './door-stack.js'

const program =
  process.env.OPEN_WEBUI ??
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'open-webui'))
    .find((path) => existsSync(path))
const chromiumServer = sharedBrowser()

/**
 * A stand-in for the chat model that Open WebUI talks to besides the model for pictures. It says one sentence; where it is
 * offered tools for pictures, it first uses the fitting one, with the newest picture of the chat.
 */
async function startChatModel() {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      if (request.url!.endsWith('/models'))
        return response.end(JSON.stringify({ object: 'list', data: [{ id: 'chat', object: 'model' }] }))
      const { messages, tools = [], stream } = JSON.parse(body) as any
      const offered = tools.some(({ function: tool }: any) => tool.name === 'generate_image')
      const asked = messages.at(-1).role === 'user'
      const picture = JSON.stringify(messages)
        .match(/\/api\/v1\/files\/[^/"\\]+\/content/g)
        ?.at(-1)
      const prompt = asked && messages.at(-1).content.split('\n').at(-1)
      const call = {
        name: picture ? 'edit_image' : 'generate_image',
        arguments: JSON.stringify({ prompt, ...(picture && { image_urls: [picture] }) }),
      }
      const message = {
        role: 'assistant',
        ...(offered && asked
          ? { content: '', tool_calls: [{ index: 0, id: `call_${messages.length}`, type: 'function', function: call }] }
          : { content: 'Here is your picture.' }),
      }
      const finish_reason = offered && asked ? 'tool_calls' : 'stop'
      const answer = { id: 'c', created: 1, model: 'chat', object: 'chat.completion' }
      if (!stream) return response.end(JSON.stringify({ ...answer, choices: [{ index: 0, message, finish_reason }] }))
      response.setHeader('content-type', 'text/event-stream')
      for (const choice of [{ delta: message }, { delta: {}, finish_reason }])
        response.write(`data: ${JSON.stringify({ ...answer, choices: [{ index: 0, ...choice }] })}\n\n`)
      response.end('data: [DONE]\n\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close: () => server.close() }
}

/** The settings of docs/clients.md, and what keeps the program from asking the internet. */
const settings = (door: DoorStack, chatUrl: string, folder: string) => ({
  ENABLE_IMAGE_GENERATION: 'true',
  IMAGES_OPENAI_API_BASE_URL: door.baseURL,
  IMAGES_OPENAI_API_KEY: door.token,
  IMAGE_SIZE: '256x256',
  ENABLE_IMAGE_PROMPT_GENERATION: 'false',
  ENABLE_IMAGE_EDIT: 'true',
  IMAGES_EDIT_OPENAI_API_BASE_URL: door.baseURL,
  IMAGES_EDIT_OPENAI_API_KEY: door.token,
  OPENAI_API_BASE_URL: chatUrl,
  OPENAI_API_KEY: '-',
  ENABLE_OLLAMA_API: 'false',
  ENABLE_TITLE_GENERATION: 'false',
  ENABLE_TAGS_GENERATION: 'false',
  ENABLE_FOLLOW_UP_GENERATION: 'false',
  WEBUI_AUTH: 'false',
  WEBUI_SECRET_KEY: 'secret',
  DATA_DIR: folder,
  OFFLINE_MODE: 'true',
  HF_HUB_OFFLINE: '1',
  ENABLE_VERSION_UPDATE_CHECK: 'false',
  ANONYMIZED_TELEMETRY: 'false',
  DO_NOT_TRACK: 'true',
})

const reason = !program
  ? 'no open-webui on this machine (set OPEN_WEBUI, or run .ci/open-webui/run)'
  : chromiumServer.missing

describeUnless(reason)('Open WebUI', () => {
  let door: DoorStack
  let browser: Browser
  let url: string
  const close: (() => unknown)[] = []
  beforeAll(async () => {
    door = await startDoorStack()
    const chat = await startChatModel()
    const folder = await mkdtemp(join(tmpdir(), 'atelier open webui '))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const server = spawn(program!, ['serve', '--host', '127.0.0.1', '--port', String(port)], {
      cwd: folder,
      env: { ...process.env, ...settings(door, chat.url, folder) },
      stdio: 'ignore',
    })
    const ended = once(server, 'exit')
    browser = await chromium.connect(chromiumServer.url)
    close.push(
      () => browser.close(),
      () => server.kill('SIGKILL') && ended,
      () => chat.close(),
      () => door.close(),
      () => rm(folder, { recursive: true, force: true }),
    )
    await eventually('Open WebUI', async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok, 180_000)
  })
  afterAll(async () => {
    for (const one of close) await one()
  })

  /** A new chat that makes pictures. @param functionCalling - how the picture is asked for, as in the settings of a user */
  async function newChat(functionCalling: 'legacy' | 'native'): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    await page.goto(url)
    await page.waitForFunction('localStorage.token')
    await page.evaluate(
      `fetch('/api/v1/users/user/settings/update', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + localStorage.token, 'content-type': 'application/json' },
        body: JSON.stringify({ ui: { params: { function_calling: '${functionCalling}' } } }),
      })`,
    )
    await page.reload()
    const welcome = page.getByRole('button', { name: "Okay, Let's Go!" })
    await page.locator('#integration-menu-button').waitFor()
    if (await welcome.isVisible()) await welcome.click()
    await page.locator('#integration-menu-button').click()
    await page.getByText('Image', { exact: true }).first().click()
    await page.keyboard.press('Escape')
    return page
  }

  for (const functionCalling of ['legacy', 'native'] as const)
    it(`creates, edits and edits again with the history in view (function calling: ${functionCalling})`, async () => {
      const sessionsNow = () => door.sql<{ id: string; title: string }>('SELECT id, title FROM sessions')
      const before = new Set((await sessionsNow()).map(({ id }) => id))
      const page = await newChat(functionCalling)
      const words = [`a red circle (${functionCalling})`, 'add a star', 'make the circle green']
      for (const [index, text] of words.entries()) {
        await page.locator('#chat-input').click()
        await page.keyboard.insertText(text)
        await page.keyboard.press('Enter')
        const pictures = page.locator('img[src*="/api/v1/files/"]')
        await eventually(`picture ${index + 1}`, async () => (await pictures.count()) > index, 60_000)
        await eventually(
          'the end of the answer',
          async () => (await page.getByText('Here is your picture.').count()) > index,
        )
      }
      await page.context().close()
      const sessions = (await sessionsNow()).filter(({ id }) => !before.has(id))
      assert.deepEqual(
        sessions.map(({ title }) => title),
        words.slice(0, 1),
      )
      const turns = (await door.owner.turns.page(sessions[0]!.id, { path: 'active', limit: 10 }))!.turns
      assert.deepEqual(
        turns.map(({ instruction }) => instruction),
        words,
      )
      const last = await door.owner.generations.get(turns.at(-1)!.generations[0]!.id)
      assert.deepEqual(
        last!.lcu.map(({ instruction }) => instruction),
        words.slice(1),
      )
    })
})
