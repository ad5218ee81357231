import type { ClientBase } from 'pg'

/**
 * Sets the zone of a new connection to UTC, whatever the server, the database or the role say. Prisma's adapter depends on
 * it: it sends times without a zone, and drops the offset of those it reads. A statement, because poolers such as PgBouncer
 * refuse the connection parameter `options`, whereas they carry the session's `TimeZone` along.
 */
export async function setUtc(client: ClientBase): Promise<void> {
  await client.query("SET TIME ZONE 'UTC'")
}
