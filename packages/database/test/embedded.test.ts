import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { migrate, openDatabase, PostgresServer, PostgresServerError } from '../src/index.js'

const isRoot = process.getuid?.() === 0

describe('the embedded Postgres', () => {
  let folder: string
  let directory: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atelier embedded '))
    await chmod(folder, 0o755)
    directory = join(folder, 'a b')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('keeps its data over a stop, and survives a parent that is gone', async () => {
    const first = await PostgresServer.start({ directory })
    assert.equal(first.adopted, false)
    assert.equal((await stat(join(directory, 'password'))).mode & 0o777, 0o600)
    await migrate(first.url('kept'))
    await first.stop()
    await first.stop()
    const second = await PostgresServer.start({ directory })
    const third = await PostgresServer.start({ directory })
    assert.deepEqual([third.adopted, third.pid, third.url()], [true, second.pid, second.url()])
    await (await openDatabase({ url: third.url('kept') })).close()
    await third.stop()
  })

  it('starts again after it was killed, and says plainly that it is away', async () => {
    const server = await PostgresServer.start({ directory })
    const db = await openDatabase({ url: server.url('kept') })
    process.kill(server.pid, 'SIGKILL')
    const again = await PostgresServer.start({ directory })
    assert.equal(again.adopted, false)
    await again.stop()
    const calls = [
      () => db.check(),
      () => db.authenticate('atl_'),
      () => db.forOwner('own').sessions.list({ limit: 1 }),
      () => db.work.claim('gen', 'wrk'),
      () => db.listen(),
    ]
    for (const call of calls) {
      await assert.rejects(call, { name: 'AtelierError', code: 'unavailable' })
    }
    await db.close()
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

  it('runs as an ordinary user where root has no user namespace', { skip: !isRoot && 'needs root' }, async () => {
    const server = await PostgresServer.start({ directory: join(folder, 'as user'), rootMode: 'user' })
    assert.notEqual((await stat(join(folder, 'as user/data'))).uid, 0)
    await server.stop()
    const again = await PostgresServer.start({ directory: join(folder, 'as user') })
    await again.stop()
  })

  it('says in one line that it cannot write', async (t) => {
    const place = join(folder, 'locked')
    await mkdir(place)
    if (isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', place]).status !== 0)
      return t.skip('root cannot mount a read-only folder here')
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

  it('says in one line that the disk is full, and starts when there is space', async (t) => {
    const place = join(folder, 'small')
    await mkdir(place)
    if (!isRoot || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', place]).status !== 0)
      return t.skip('cannot mount a small disk here')
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
