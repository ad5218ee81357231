import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { explainServerError } from './postgres-server-error.js'
import type { ServerIdentity } from './server-identity.js'

/** Name of the superuser of an embedded server. */
export const serverUser = 'atelier'

function run({
  file,
  args,
  uid,
  gid,
}: ReturnType<ServerIdentity['command']>): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    let output = ''
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(uid !== undefined && { uid, gid }) })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += String(text)
      })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

/**
 * Makes the data folder and the password of an embedded server unless they are there. A process that dies halfway
 * leaves nothing that the next start would take for data.
 *
 * @param directory - folder of the server; gets `data` and `password` (mode 600)
 * @returns the password of the superuser
 */
export async function createData(directory: string, identity: ServerIdentity): Promise<string> {
  const [data, unfinished, passwordFile] = ['data', 'data.new', 'password'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  if (await stat(join(data, 'PG_VERSION')).catch(() => undefined)) return (await readFile(passwordFile, 'utf8')).trim()
  await rm(unfinished, { recursive: true, force: true })
  const password = randomBytes(24).toString('hex')
  // on the disk before the data are: a cut of power must not leave a server whose password nobody knows
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flush: true })
  await identity.own(passwordFile)
  const { code, output } = await run(
    identity.command(identity.binaries.initdb, [
      '-D',
      unfinished,
      '-U',
      serverUser,
      '--pwfile',
      passwordFile,
      '-A',
      'scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]),
  )
  if (code !== 0) throw explainServerError(output, { directory })
  await rename(unfinished, data)
  return password
}
