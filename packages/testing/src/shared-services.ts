import { randomUUID } from 'node:crypto'
import { Client } from 'pg'

// `jest/services.js` starts the services and leaves their addresses, or why there is none, in these variables.
const address = (name: string) => process.env[`ATELIER_TEST_${name}_URL`]
const reason = (name: string) => process.env[`ATELIER_TEST_${name}_MISSING`]

/** A service of this run, or the reason why it has none. */
export interface SharedService {
  /** Its address; empty when there is none. */
  url: string
  /** Why there is none, for `testUnless` and `describeUnless`; false when there is one. */
  missing: string | false
}

function optional(name: string): SharedService {
  const url = address(name) ?? ''
  return { url, missing: url ? false : (reason(name) ?? `jest.config.js gives this project no ${name.toLowerCase()}`) }
}

function required(name: string): string {
  const url = address(name)
  if (!url) throw new Error(`jest.config.js gives this project no ${name.toLowerCase()}.`)
  return url
}

/** The Redis server of this run. Suites share its keys: use a queue name or prefix of your own. */
export const sharedRedis = (): SharedService => optional('REDIS')

/** The Chromium of this run, for Playwright's `chromium.connect`. */
export const sharedBrowser = (): SharedService => optional('BROWSER')

/** A new, empty bucket on the S3 server of this run. */
export const newTestBucket = () => ({
  endpoint: required('S3'),
  credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
  bucket: `test-${randomUUID()}`,
})

/** A fresh database for one test file. */
export interface TestPostgres {
  /** Address of an empty database; `migrate(url)` makes the tables. */
  url: string
  /** Drops the database. */
  stop(): Promise<void>
}

/**
 * Makes an empty database on the Postgres of this run.
 *
 * @param timeZone - of its sessions unless they set their own; default: the machine's
 */
export async function startTestPostgres({ timeZone }: { timeZone?: string } = {}): Promise<TestPostgres> {
  const server = required('DATABASE')
  const administer = async (sql: string) => {
    const client = new Client({ connectionString: server })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(`CREATE DATABASE ${name}`)
  if (timeZone) await administer(`ALTER DATABASE ${name} SET TimeZone TO '${timeZone}'`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, stop: () => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}
