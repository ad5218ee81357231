import '@fastify/swagger'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { io } from 'socket.io-client'
import { idPlaces, kindOf, makeBody, type Document, type Operation } from '../support/make-body.js'
import { startTestApi, uploaded, type Person, type TestApi } from '../support/test-api.js'

/** What the pictures and texts of the victim can be recognised by. */
const marker = 'known to Anna alone'
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

let api: TestApi
let document: Document
/** Ids by kind. Anna's are the foreign ones; Ben, who attacks, has one of each himself. */
let foreign: Record<string, string[]>
let own: Record<string, string[]>
let links: string[]
let cursor: string

async function belongings(as: Person, text: string): Promise<{ ids: Record<string, string[]>; links: string[] }> {
  const send = (method: 'GET' | 'POST', url: string, body?: object) =>
    api.send(method, url, { as, ...(body && { body }) })
  const session = (await send('POST', '/v1/sessions', { title: text })).body.id as string
  const image = await uploaded(api, 64, 64, { as })
  const mask = await uploaded(api, 64, 64, { as, purpose: 'mask' })
  const turn = async (body: object) => (await send('POST', `/v1/sessions/${session}/turns`, body)).body
  const ended = await turn({ instruction: text, images: [{ imageId: image.id, maskId: mask.id }] })
  await api.finish(ended.generations[0].id as string)
  const queued = await turn({ instruction: `${text} @${image.id}` })
  const { images } = (await send('GET', `/v1/generations/${ended.generations[0].id}`)).body
  const [key] = await api.sql<{ id: string }>('SELECT id FROM keys WHERE owner_id = $1', [as.ownerId])
  // one that is told of nothing here, because a message that is being sent changes the database by itself
  const webhook = { url: 'https://example.com', events: ['turn.deleted'] }
  const hook = (await send('POST', '/v1/webhooks', webhook)).body as { id: string }
  const [message] = await api.sql<{ id: string }>(
    `INSERT INTO deliveries (id, webhook_id, session_id, seq, type, status, next_attempt_at)
     VALUES ('msg_' || substr($1, 5), $1, $2, 1, 'turn.created', 'delivered', NULL) RETURNING id`,
    [hook.id, session],
  )
  const ids = {
    whk: [hook.id],
    msg: [message!.id],
    ses: [session],
    trn: [ended.turn.id, queued.turn.id],
    gen: [ended.generations[0].id, queued.generations[0].id],
    img: [image.id, mask.id, images[0].id],
    key: [key!.id],
    own: [as.ownerId],
  }
  return { ids, links: [image, images[0]].flatMap(({ url, thumbnailUrl }) => [url, thumbnailUrl]) }
}

beforeAll(async () => {
  api = await startTestApi()
  document = (await api.send('GET', '/openapi.json', { as: null })).body as Document
  const anna = await belongings(api.anna, marker)
  await api.session()
  ;({ ids: foreign, links } = anna)
  own = (await belongings(api.ben, 'of Ben')).ids
  cursor = (await api.send('GET', '/v1/sessions?limit=1')).body.nextCursor as string
  assert.ok(cursor)
})
afterAll(() => api.close())

const everyForeignId = () => Object.values(foreign).flat()

/** Everything that the database (of an owner, if given) and the object store hold, but for when keys were used. */
async function everything(ownerId?: string): Promise<Record<string, unknown>> {
  const tables = await api.sql<{ name: string }>(
    `SELECT DISTINCT t.table_name AS name FROM information_schema.tables t JOIN information_schema.columns c
       USING (table_schema, table_name) WHERE table_schema = 'public' ${ownerId ? "AND column_name = 'owner_id'" : ''} ORDER BY 1`,
  )
  const which = ownerId ? `WHERE owner_id = '${ownerId}'` : ''
  const sums = tables.map(
    ({ name }) => `(SELECT md5(coalesce(string_agg((to_jsonb(t) - 'last_used_at')::text, ',' ORDER BY t::text), ''))
      FROM "${name}" t ${which}) AS "${name}"`,
  )
  const [rows] = await api.sql(`SELECT ${sums.join(', ')}`)
  return { ...rows, objects: (await api.count()).objects }
}

/** Whether a text has anything of Anna's in it that the attacker did not send himself. */
function reveals(text: string, sent: string): string | undefined {
  return [marker, api.anna.token, ...everyForeignId()].find((secret) => text.includes(secret) && !sent.includes(secret))
}

let tried = 0
/** Sends as Ben; no answer may be a fault, or show what is Anna's. */
async function attack(
  method: (typeof methods)[number],
  url: string,
  { body, as = api.ben, headers = {} }: { body?: unknown; as?: Person | null; headers?: Record<string, string> } = {},
): Promise<number> {
  tried += 1
  const answer = await api.app.inject({
    method,
    url,
    headers: { ...as?.headers, ...headers },
    ...(body !== undefined && { payload: body as object }),
  })
  const name = `${method} ${url} ${JSON.stringify(body) ?? ''}: ${answer.statusCode} ${answer.body.slice(0, 200)}`
  assert.ok(answer.statusCode < 500, name)
  const shown = reveals(answer.body + JSON.stringify(answer.headers), url + JSON.stringify(body))
  assert.equal(shown, undefined, name)
  return answer.statusCode
}

const withId = (path: string, id: string) => path.replaceAll(/\{.+?\}/g, id)
const bodySchema = (operation: Operation | undefined) => operation?.requestBody?.content['application/json']?.schema

describe('what is Anna’s', () => {
  it('is out of reach by every route, method and id', async () => {
    const before = await everything()
    for (const [path, operations] of Object.entries(document.paths)) {
      if (!path.includes('{')) continue
      for (const method of methods) {
        const schema = bodySchema(operations[method.toLowerCase()])
        const body = schema && makeBody(document, schema, (kind) => own[kind]![0]!)
        for (const id of everyForeignId()) {
          const status = await attack(method, withId(path, id), { ...(body !== undefined && { body }) })
          assert.ok(method === 'OPTIONS' || status >= 400, `${method} ${path} ${id}: ${status}`)
          assert.ok(
            (await attack(method, withId(path, id), { as: null })) >= 400 || method === 'OPTIONS',
            `${method} ${path} open`,
          )
        }
      }
      assert.deepEqual(await everything(), before, path)
    }
    assert.ok(tried > 1000, `only ${tried} requests`)
  })

  it('is in no list, and nothing without an id shows it', async () => {
    const before = await everything(api.anna.ownerId)
    for (const path of Object.keys(document.paths)) {
      if (path.includes('{')) continue
      for (const method of methods) {
        for (const query of ['', `?cursor=${encodeURIComponent(cursor)}`, `?ownerId=${api.anna.ownerId}`]) {
          const status = await attack(method, path + query, { headers: { 'x-owner-id': api.anna.ownerId } })
          if (path.startsWith('/v1/admin') || path === '/metrics')
            assert.ok(method === 'OPTIONS' || [403, 404, 405].includes(status), `${method} ${path}: ${status}`)
        }
      }
    }
    assert.deepEqual(await everything(api.anna.ownerId), before)
  })

  it('is taken in no body: each place of each body that names an id', async () => {
    let places = 0
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [name, operation] of Object.entries(operations)) {
        const schema = bodySchema(operation)
        if (!schema) continue
        const kind = kindOf(operation.parameters?.find((parameter) => parameter.in === 'path')?.schema?.pattern)
        const url = kind ? withId(path, own[kind]![0]!) : path
        const bodies: unknown[] = []
        idPlaces(document, schema).forEach((_, place) => {
          for (const id of everyForeignId()) {
            let seen = 0
            bodies.push(makeBody(document, schema, (kindHere) => (seen++ === place ? id : own[kindHere]![0]!)))
          }
        })
        const plain = makeBody(document, schema, (kindHere) => own[kindHere]![0]!) as Record<string, unknown>
        if ('instruction' in plain)
          for (const id of foreign.img!)
            bodies.push({ instruction: `like @${id}`, images: [] }, { instruction: `@${id}` })
        const before = await everything()
        for (const body of bodies) {
          places += 1
          const status = await attack(name.toUpperCase() as 'POST', url, { body })
          assert.ok(status >= 400, `${name} ${url} ${JSON.stringify(body)}: ${status}`)
        }
        assert.deepEqual(await everything(), before, url)
      }
    }
    assert.ok(places > 50, `only ${places} bodies`)
  })

  it('is not given for an Idempotency-Key of hers', async () => {
    const headers = { 'idempotency-key': 'the-same' }
    const hers = await api.send('POST', '/v1/sessions', { body: { title: marker }, headers })
    const his = await api.send('POST', '/v1/sessions', { as: api.ben, body: { title: marker }, headers })
    assert.deepEqual([hers.status, his.status, his.headers['idempotent-replayed']], [201, 201, undefined])
    assert.notEqual(his.body.id, hers.body.id)
    await api.send('DELETE', `/v1/sessions/${his.body.id}`, { as: api.ben })
  })
})

describe('a socket of Ben’s', () => {
  it('reaches nothing of Anna’s by any message', async () => {
    const page = await readFile(new URL('../../../../../docs/api.md', import.meta.url), 'utf8')
    const messages = [...page.matchAll(/^\| `(\w+:\w+) \{(.*?)\}` \|/gm)].map(([, name, fields]) => ({
      name: name!,
      fields: [...fields!.matchAll(/\w+Id\b/g)].map(([field]) => field),
    }))
    assert.deepEqual(
      messages.map(({ name }) => name),
      ['session:join', 'session:leave', 'turn:create', 'generation:cancel'],
    )
    const socket = io(await api.listen(), { auth: { token: api.ben.token }, transports: ['websocket'], forceNew: true })
    const heard: unknown[] = []
    socket.onAny((...event: unknown[]) => heard.push(event))
    const before = await everything()
    for (const { name, fields } of messages) {
      const bodies: object[] = everyForeignId().map((id) => ({
        ...Object.fromEntries(fields.map((field) => [field, id])),
        instruction: 'x',
        images: [],
      }))
      if (name === 'turn:create') {
        const sessionId = own.ses![0]!
        for (const id of everyForeignId()) {
          bodies.push({ sessionId, instruction: 'x', images: [{ imageId: id }] })
          bodies.push({ sessionId, instruction: 'x', images: [{ imageId: own.img![0], maskId: id }] })
          bodies.push({ sessionId, instruction: 'x', images: [], parentTurnId: id })
          if (id.startsWith('img_')) bodies.push({ sessionId, instruction: `@${id}` })
        }
      }
      for (const body of bodies) {
        const answer = (await socket.timeout(30_000).emitWithAck(name, body)) as { error?: { code: string } }
        const shown = reveals(JSON.stringify(answer), JSON.stringify(body))
        assert.equal(shown, undefined, `${name} ${JSON.stringify(body)}: ${JSON.stringify(answer)}`)
        assert.ok(answer.error || name === 'session:leave', `${name} ${JSON.stringify(body)}`)
        assert.ok(!['internal', 'unavailable'].includes(answer.error?.code ?? ''), JSON.stringify(answer))
      }
    }
    assert.deepEqual(await everything(), before)
    await api.send('POST', `/v1/sessions/${foreign.ses![0]}/turns`, { body: { instruction: marker, images: [] } })
    await new Promise((resolve) => setTimeout(resolve, 500))
    socket.close()
    assert.deepEqual(heard, [])
  })
})

describe('a signed link', () => {
  it('opens the one file that it was made for, until its time, and nothing else', async () => {
    const open = async (url: string) => (await api.app.inject({ url })).statusCode
    for (const link of links) assert.equal(await open(link), 200)
    const before = await everything()
    for (const link of links) {
      const url = new URL(link, 'http://x')
      const changed = (change: (copy: URL) => void) => {
        const copy = new URL(url)
        change(copy)
        return copy.pathname + copy.search
      }
      const signature = url.searchParams.get('signature')!
      const others = links.filter((other) => other !== link).map((other) => new URL(other, 'http://x'))
      const forged = [
        ...others.map((other) => changed((copy) => (copy.pathname = other.pathname))),
        ...others.map((other) =>
          changed((copy) => copy.searchParams.set('signature', other.searchParams.get('signature')!)),
        ),
        changed((copy) => copy.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1))),
        changed((copy) => copy.searchParams.set('expires', '1')),
        changed((copy) => copy.searchParams.append('expires', '99999999999')),
        changed((copy) => copy.searchParams.set('signature', signature.slice(0, -2))),
        changed((copy) => copy.searchParams.set('signature', `${signature}AA`)),
        changed((copy) => copy.searchParams.delete('signature')),
        changed((copy) => copy.searchParams.delete('expires')),
        `${url.pathname}/../${others[0]!.pathname.split('/').at(-1)}${url.search}`,
        `${url.pathname}%2f..%2f..%2fkey${url.search}`,
        `${url.pathname}%00${url.search}`,
        url.pathname,
      ]
      for (const target of forged) {
        const status = await attack('GET', target, { as: null })
        assert.ok(status === 404 || status === 400, `${target}: ${status}`)
      }
      for (const method of methods.filter((name) => !['GET', 'HEAD', 'OPTIONS'].includes(name)))
        assert.ok((await attack(method, link, { as: null })) >= 400, method)
    }
    assert.deepEqual(await everything(), before)
  })
})
