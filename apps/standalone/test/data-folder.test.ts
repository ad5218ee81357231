import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { DataFolder } from '../src/data-folder.js'

const cleanUp = cleanUpAfterEach()

/** A folder, and another Node that runs, as one that got the number of a killed Atelier. */
async function folderAndProcess() {
  const path = mkdtempSync(join(tmpdir(), 'atelier data '))
  const child = spawn(process.execPath, ['--eval', 'console.log(1); setInterval(() => {}, 1000)'])
  await once(child.stdout, 'data')
  cleanUp(() => {
    child.kill('SIGKILL')
    rmSync(path, { recursive: true })
  })
  return { folder: new DataFolder(path), mark: join(path, 'running'), pid: child.pid! }
}

describe('secrets of the data folder', () => {
  const newFolder = () => {
    const path = mkdtempSync(join(tmpdir(), 'atelier data '))
    cleanUp(() => rmSync(path, { recursive: true }))
    return { folder: new DataFolder(path), path, file: join(path, 'signing-secret') }
  }

  it('are made once, for this user alone', () => {
    const { folder, path, file } = newFolder()
    const secret = folder.secret('signing-secret')
    assert.match(secret, /^[0-9a-f]{64}$/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(new DataFolder(path).secret('signing-secret'), secret)
    assert.deepEqual(readdirSync(path), ['signing-secret'])
  })

  it('are made anew when a cut of power left an empty file, or half of one', () => {
    for (const left of ['', 'a1b2c3']) {
      const { folder, file } = newFolder()
      writeFileSync(file, left)
      const secret = folder.secret('signing-secret')
      assert.match(secret, /^[0-9a-f]{64}$/, `after '${left}'`)
      assert.equal(folder.secret('signing-secret'), secret)
    }
  })

  it('and the first key are never written into the file that is there', () => {
    const { folder, path, file } = newFolder()
    const [oldSecret, oldKey] = [join(path, 'a'), join(path, 'b')]
    for (const [at, old] of [
      [file, oldSecret],
      [folder.keyFile, oldKey],
    ] as const) {
      writeFileSync(at, 'old')
      linkSync(at, old)
    }
    folder.secret('signing-secret')
    folder.writeKey('token')
    assert.equal(folder.readKey(), 'token')
    assert.equal(statSync(folder.keyFile).mode & 0o777, 0o600)
    for (const old of [oldSecret, oldKey]) assert.equal(readFileSync(old, 'utf8'), 'old')
    assert.deepEqual(readdirSync(path).sort(), ['a', 'b', 'key', 'signing-secret'])
  })
})

describe('the mark of a running Atelier', () => {
  it('does not count when its process number now belongs to another program of Node', async () => {
    const { folder, mark, pid } = await folderAndProcess()
    folder.open()
    const [, start] = readFileSync(mark, 'utf8').trim().split(' ')
    writeFileSync(mark, `${pid} ${start}\n`)
    folder.open()()
  })

  it('counts while the process that made it runs', async () => {
    const { folder, mark, pid } = await folderAndProcess()
    const made = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { DataFolder } from ${JSON.stringify(new URL('../src/data-folder.js', import.meta.url).href)}
new DataFolder(${JSON.stringify(folder.path)}).open(); console.log(1); setInterval(() => {}, 1000)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    cleanUp(() => void made.kill('SIGKILL'))
    await once(made.stdout, 'data')
    assert.throws(() => folder.open(), { message: new RegExp(`already runs on .* \\(process ${made.pid}\\)`) })
    // a mark of an older version has no start: then a live process is believed
    writeFileSync(mark, `${pid}\n`)
    assert.throws(() => folder.open(), { message: new RegExp(`\\(process ${pid}\\)`) })
  })
})
