import assert from 'node:assert/strict'
import { errorTable, type Archive } from '@atelier/contracts'
import { makeZip, manifestOf, readZip, type Files } from './read-zip.js'
import { multipart, type TestApi } from './test-api.js'

/** Exports a session. */
export async function exported(api: TestApi, id: string, as = api.anna) {
  const answer = await api.app.inject({ url: `/v1/sessions/${id}/export`, headers: as.headers })
  assert.equal(answer.statusCode, 200, answer.body)
  return answer
}

/** The files of an exported session. */
export const filesOf = async (api: TestApi, id: string, as = api.anna): Promise<Files> =>
  readZip((await exported(api, id, as)).rawPayload)

/** Imports an archive, or tries to. */
export async function imported(api: TestApi, archive: Uint8Array, as = api.anna, more: Record<string, string> = {}) {
  const { payload, headers } = multipart(archive)
  const url = '/v1/sessions/import'
  const answer = await api.app.inject({ method: 'POST', url, payload, headers: { ...as.headers, ...headers, ...more } })
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
}

/** The text with every id replaced by its kind and the number of its first appearance. */
function numbered(text: string): string {
  const numbers = new Map<string, string>()
  return text.replace(/(trn|gen|img)_[0-9a-z]{16}/g, (id, kind: string) => {
    const name = numbers.get(id) ?? `${kind} ${numbers.size}`
    numbers.set(id, name)
    return name
  })
}

/** Everything of an archive that does not depend on ids. */
export const essence = (files: Files) => ({
  manifest: numbered(files.get('session.json')!.toString()),
  files: [...files].slice(1).map(([, bytes]) => bytes.toString('base64')),
})

/** An archive with another `session.json`. */
export async function saying(files: Files, change: (archive: Archive) => unknown): Promise<Buffer> {
  const manifest = manifestOf(files)
  const changed = change(manifest) ?? manifest
  return makeZip(new Map(files).set('session.json', Buffer.from(JSON.stringify(changed))))
}

/** Asserts that an archive is refused for a reason at a place, and that nothing was written. */
export async function refuses(api: TestApi, bytes: Buffer, path: string | RegExp, problem: RegExp): Promise<void> {
  const counts = await api.count()
  const { status, body } = await imported(api, bytes)
  assert.deepEqual([status, body.error?.code], [400, 'archive_invalid'], JSON.stringify(body))
  const { details } = body.error as { details: { path: string; problem: string } }
  if (typeof path === 'string') assert.equal(details.path, path)
  else assert.match(details.path, path)
  assert.match(details.problem, problem)
  assert.ok((body.error.message as string).endsWith(errorTable.archive_invalid.next))
  assert.deepEqual(await api.count(), counts, 'something was written')
}
