import { PostgresServer } from '@atelier/embedded-postgres'
import { Client, Pool } from 'pg'
import { endWithSuite } from './end-with-suite.js'

/** A Postgres server that can be killed, restarted and asked past everything that guards the tables. */
export class PostgresPart {
  private pool: Pool | undefined
  private running = true

  private constructor(
    private server: PostgresServer,
    /** Its folder: `data`, `password`, `log`. */
    readonly directory: string,
  ) {}

  static async open(directory: string): Promise<PostgresPart> {
    const part = new PostgresPart(await launch(directory), directory)
    endWithSuite(() => part.running && process.kill(part.server.pid, 'SIGQUIT'))
    const client = new Client({ connectionString: part.server.url() })
    await client.connect()
    try {
      const there = await client.query("SELECT 1 FROM pg_database WHERE datname = 'atelier'")
      // one that was restored has it
      if (there.rowCount === 0) await client.query('CREATE DATABASE atelier')
    } finally {
      await client.end()
    }
    return part
  }

  get port(): number {
    return this.server.port
  }

  /** Address of the database, past the proxies. */
  get url(): string {
    return this.server.url('atelier')
  }

  kill(): void {
    this.running = false
    process.kill(this.server.pid, 'SIGKILL')
  }

  /** Ends it without waiting for clients; its next start recovers from the log. */
  async stop(): Promise<void> {
    this.running = false
    await this.server.stop()
  }

  /** Starts it again at the same port. */
  async start(): Promise<void> {
    this.server = await launch(this.directory, this.port)
    this.running = true
  }

  /** Runs one statement. */
  async query<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
    if (!this.pool) {
      this.pool = new Pool({
        connectionString: this.url,
        max: 4,
        connectionTimeoutMillis: 10_000,
        query_timeout: 60_000,
      })
      // a connection that was lost while idle; the next statement opens another
      this.pool.on('error', () => {})
    }
    return (await this.pool.query<R>(text, values)).rows
  }

  async close(): Promise<void> {
    await this.pool?.end()
    await this.stop()
  }
}

const launch = (directory: string, port?: number): Promise<PostgresServer> =>
  PostgresServer.start({
    directory,
    ...(port && { port }),
    // what is killed here is a process, never the machine: the page cache keeps what was written
    settings: { fsync: 'off', max_connections: '200', log_lock_waits: 'on', wal_keep_size: '1GB' },
  })
