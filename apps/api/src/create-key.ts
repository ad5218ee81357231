import { parseArgs } from 'node:util'
import { type Scope, scopeSchema } from '@atelier/contracts'
import { readEnvironment } from '@atelier/service'
import { migrate, openDatabase } from '@atelier/database'

const help = `Usage: npm run key -- --name NAME [--scope user|admin] [--owner own_…]

Makes a key and prints its token once; only a hash of it is stored. DATABASE_URL says where.
The first admin key of a deployment is made this way, further ones with POST /v1/admin/keys.

  --name NAME     what the key is for
  --scope SCOPE   user (default) or admin
  --owner OWNER   an owner that exists; default: a new one
  --expires TIME  when the key ends, such as 2027-01-31 or 2027-01-31T12:00:00Z; default: never`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      name: { type: 'string' },
      scope: { type: 'string', default: 'user' },
      owner: { type: 'string' },
      expires: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return console.log(help)
  const scope = scopeSchema.safeParse(values.scope)
  if (!values.name || !scope.success) throw new Error(`--name is needed, and --scope is user or admin.\n\n${help}`)
  const expires = values.expires === undefined ? undefined : new Date(values.expires)
  if (expires && !(expires.getTime() > Date.now()))
    throw new Error(`--expires is a time in the future, such as 2027-01-31T12:00:00Z.`)
  const url = readEnvironment().DATABASE_URL
  if (!url) throw new Error('DATABASE_URL is missing: it says which database the key is for.')
  await migrate(url)
  const database = await openDatabase({ url })
  try {
    const scopes: Scope[] = scope.data === 'admin' ? ['user', 'admin'] : ['user']
    const key = await database.admin.createKey({
      name: values.name,
      scopes,
      ...(values.owner && { ownerId: values.owner }),
      ...(expires && { expiresAt: expires.toISOString() }),
    })
    console.log(key.token)
  } finally {
    await database.close()
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
