// Makes, edits, uploads and fetches a picture with the client that openapi-typescript generates.
import createClient from 'openapi-fetch'
import type { CreatedTurn, Error as ApiError, Generation, Image, paths, Session } from './api.js'

const [baseUrl, token] = process.argv.slice(2) as [string, string]
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } })

/** The body of a success. @throws with the code of a refusal */
function bodyOf<T>({ data, error }: { data?: T; error?: ApiError }): T {
  if (error) throw new Error(`${error.error.code}: ${error.error.message}`)
  return data!
}

async function imageOf({ generations }: CreatedTurn): Promise<Image> {
  for (let tries = 0; tries < 1200; tries++) {
    const path = { id: generations[0]!.id }
    const generation: Generation = bodyOf(await api.GET('/v1/generations/{id}', { params: { path } }))
    if (generation.status === 'succeeded') return generation.images[0]!
    if (generation.error) throw new Error(generation.error.message)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('no picture within five minutes')
}

async function contentOf({ id }: Image): Promise<Blob> {
  const answer = await api.GET('/v1/images/{id}/content', { params: { path: { id } }, parseAs: 'blob' })
  return bodyOf(answer as { data?: Blob; error?: ApiError })
}

const session: Session = bodyOf(await api.POST('/v1/sessions', { body: { title: 'Generated client' } }))
const params = { path: { id: session.id } }
const made = await imageOf(
  bodyOf(
    await api.POST('/v1/sessions/{id}/turns', {
      params: { ...params, header: { 'Idempotency-Key': 'generated-client-1' } },
      body: { instruction: 'a red circle on a blue background', parameters: { seed: 1 } },
    }),
  ),
)
const file = await contentOf(made)
const uploaded: Image = bodyOf(
  await api.POST('/v1/images', {
    body: { file: file as unknown as string, purpose: 'image' },
    bodySerializer: () => {
      const form = new FormData()
      form.append('file', file, 'circle.png')
      return form
    },
  }),
)
const edited = await imageOf(
  bodyOf(
    await api.POST('/v1/sessions/{id}/turns', {
      params,
      body: { instruction: 'make the circle green', images: [{ imageId: uploaded.id }] },
    }),
  ),
)
const bytes = new Uint8Array(await (await contentOf(edited)).arrayBuffer())
if (Buffer.from(bytes.subarray(1, 4)).toString() !== 'PNG') throw new Error('the edited picture is no PNG')
const refused = await api.GET('/v1/images/{id}', { params: { path: { id: 'img_0000000000000000' } } })
if (refused.error?.error.code !== 'not_found') throw new Error('an unknown image was not refused')
console.log(`made ${made.id}, edited it to ${edited.id}, fetched ${bytes.length} bytes`)
