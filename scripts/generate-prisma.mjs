// Generates the Prisma client from prisma/schema.prisma, unless it is there already for this schema.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = `${root}packages/database/src/generated`
const require = createRequire(import.meta.url)
const prisma = require.resolve('prisma/package.json')

const stamp = createHash('sha256')
  .update(readFileSync(`${root}prisma/schema.prisma`))
  .update(JSON.parse(readFileSync(prisma, 'utf8')).version)
  .digest('hex')
const current = existsSync(`${output}/stamp.txt`) && readFileSync(`${output}/stamp.txt`, 'utf8') === stamp

if (!current) {
  const command = prisma.replace(/package\.json$/, 'build/index.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'generate'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      // generating needs no engine, but the command line downloads one unless this names a file that exists
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    },
  })
  if (status !== 0) {
    process.stderr.write(`${stdout}\n${stderr}\n`)
    process.exit(1)
  }
  mkdirSync(output, { recursive: true })
  writeFileSync(`${output}/stamp.txt`, stamp)
}
