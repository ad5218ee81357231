import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { Client } from 'pg'
import { PostgresServer, PostgresServerError } from '../src/index.js'

const isRoot = process.getuid?.() === 0

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

/** Whether root may mount a file system here, as in a container it may not. */
function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'atelier mount '))
  const mounted = isRoot && spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', place]).status === 0
  if (mounted) spawnSync('umount', [place])
  rmdirSync(place)
  return mounted
}
// @atelier/testing stands on this package, so its `testUnless` cannot be used here.
const itUnless = (reason: string | false) =>
  reason ? (name: string, run: () => unknown) => it.skip(`${name} # ${reason}`, run as () => void) : it
const cannotMount = !canMount() && 'needs root with the right to mount'

describe('the embedded Postgres', () => {
  let folder: string
  let directory: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atelier embedded '))
    await chmod(folder, 0o755)
    directory = join(folder, 'a b')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('keeps its data over a stop, and survives a parent that is gone', async () => {
    const first = await PostgresServer.start({ directory })
    assert.equal(first.adopted, false)
    assert.equal((await stat(join(directory, 'password'))).mode & 0o777, 0o600)
    await query(first.url(), 'CREATE TABLE kept (id int)')
    await first.stop()
    await first.stop()
    const second = await PostgresServer.start({ directory })
    const third = await PostgresServer.start({ directory })
    assert.deepEqual([third.adopted, third.pid, third.url()], [true, second.pid, second.url()])
    await query(third.url(), 'SELECT id FROM kept')
    await third.stop()
  })

  it('starts again after it was killed', async () => {
    const server = await PostgresServer.start({ directory })
    process.kill(server.pid, 'SIGKILL')
    const again = await PostgresServer.start({ directory })
    assert.equal(again.adopted, false)
    await query(again.url(), 'SELECT id FROM kept')
    await again.stop()
  })

  it('leaves alone the program that now has the number of a server lost in a reboot', async () => {
    await writeFile(join(directory, 'data/postmaster.pid'), `${process.pid}\n${directory}/data\n0\n5432\n`)
    const server = await PostgresServer.start({ directory })
    assert.equal(server.adopted, false)
    await server.stop()
  })

  it('says that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => {
      other.once('listening', resolve)
    })
    const { port } = other.address() as AddressInfo
    await assert.rejects(PostgresServer.start({ directory, port }), {
      name: 'PostgresServerError',
      message: new RegExp(`^Port ${port} is taken .*$`),
    })
    other.close()
  })

  itUnless(!isRoot && 'needs root')('runs as an ordinary user where root has no user namespace', async () => {
    const server = await PostgresServer.start({ directory: join(folder, 'as user'), rootMode: 'user' })
    assert.notEqual((await stat(join(folder, 'as user/data'))).uid, 0)
    await server.stop()
    const again = await PostgresServer.start({ directory: join(folder, 'as user') })
    await again.stop()
  })

  itUnless(isRoot && cannotMount)('says in one line that it cannot write', async () => {
    const place = join(folder, 'locked')
    await mkdir(place)
    if (isRoot) spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', place])
    if (!isRoot) await chmod(place, 0o500)
    try {
      await assert.rejects(
        PostgresServer.start({ directory: join(place, 'x') }),
        (error: Error) =>
          error instanceof PostgresServerError && /^There is no permission to write in .*$/.test(error.message),
      )
    } finally {
      if (isRoot) spawnSync('umount', [place])
    }
  })

  itUnless(cannotMount)('says in one line that the disk is full, and starts when there is space', async () => {
    const place = join(folder, 'small')
    await mkdir(place)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', place])
    try {
      await assert.rejects(
        PostgresServer.start({ directory: join(place, 'x') }),
        (error: Error) =>
          error instanceof PostgresServerError && /^There is no space left on the disk of .*$/.test(error.message),
      )
      spawnSync('mount', ['-o', 'remount,size=200m', place])
      await (await PostgresServer.start({ directory: join(place, 'x') })).stop()
    } finally {
      spawnSync('umount', [place])
    }
  })
})
