// node apps/web/make-starts.mjs URL KEY: makes the pictures of the one-click starts (public/starts) with the model of a
// running Atelier, as src/conversation/starts.json describes them. Needed again when that model or that file changes.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'
import { Atelier } from '@atelier/client'

const [url, token] = process.argv.slice(2)
if (!url || !token) throw new Error('node apps/web/make-starts.mjs URL KEY')
const atelier = new Atelier({ url, token })
const { pictures, starts } = JSON.parse(readFileSync(new URL('src/conversation/starts.json', import.meta.url), 'utf8'))
const folder = new URL('public/starts/', import.meta.url)
mkdirSync(folder, { recursive: true })
const session = await atelier.sessions.create({ title: 'Starts' })

/** Makes a picture and saves it. */
async function make(name, { seed, ...turn }) {
  const { generations } = await atelier.turns.create(session.id, { ...turn, parameters: { seed } })
  const { images, error } = await atelier.generations.wait(generations[0].id)
  if (!images[0]) throw new Error(`${name}: ${error?.message}`)
  await save(name, images[0].id)
  return images[0]
}

async function save(name, imageId) {
  writeFileSync(new URL(`${name}.png`, folder), await atelier.images.content(imageId))
  console.log(`${name}.png`)
}

/** A grey PNG of a white rectangle on black. */
function maskOf({ width, height }, mask) {
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = mask.top; y < mask.top + mask.height; y++)
    rows.fill(255, y * (width + 1) + 1 + mask.left, y * (width + 1) + 1 + mask.left + mask.width)
  const part = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.writeUInt8(8, 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, part('IHDR', head), part('IDAT', deflateSync(rows)), part('IEND', Buffer.alloc(0))])
}

const made = {}
for (const [name, picture] of Object.entries(pictures))
  made[name] = await make(name, { ...picture, images: [], parentTurnId: null })

for (const { kind, picture, mask, sides, first, instruction, seed } of starts) {
  const source = made[picture]
  const images = source ? [{ imageId: source.id }] : []
  const turn = { instruction, images, seed, parentTurnId: null }
  if (mask) {
    const bytes = maskOf(source, mask)
    writeFileSync(new URL('mask-area.png', folder), bytes)
    images[0].maskId = (await atelier.images.upload(new Uint8Array(bytes), { purpose: 'mask' })).id
  }
  if (sides) {
    const larger = await atelier.images.outpaint(source.id, sides)
    images[0] = { imageId: larger.image.id, maskId: larger.mask.id, maskMode: 'erase' }
  }
  if (first) {
    const changed = await make(`${kind}-first`, { ...turn, instruction: first })
    await make(kind, { instruction, images: [{ imageId: changed.id }], seed })
  } else await make(kind, { ...turn, instruction: instruction.replace('{picture}', `@${source?.id}`) })
}
await atelier.sessions.delete(session.id)
