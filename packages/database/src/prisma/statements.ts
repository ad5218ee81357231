import type { Pool, PoolClient } from 'pg'
import { types, type CustomTypesConfig } from 'pg'
import { Prisma } from '../generated/client.js'
import { translateError } from './translate-error.js'

/**
 * What runs SQL: a client of Prisma, a transaction of it, or a connection of its pool. A statement costs a fifth of the
 * processor time on a connection, so what every turn and every step runs goes there.
 */
export interface Statements {
  /** Rows. Types are those of Prisma: `bigint` for int8, `Date` for times, parsed JSON. */
  $queryRaw<T = unknown>(sql: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<T>
  /** How many rows were changed. */
  $executeRaw(sql: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<number>
  /** Set where what is sent first is also run first, so that nobody need wait in between. */
  readonly ordered?: true
}

/**
 * Runs statements one after another, in one round trip where that is possible. None of them may need the result of another.
 *
 * @param steps - each sends its first statement before it returns
 * @throws the first error; those after it have changed nothing, or the transaction must be rolled back
 */
export async function inTurn<T extends unknown[]>(
  { ordered }: Pick<Statements, 'ordered'>,
  ...steps: { [I in keyof T]: () => Promise<T[I]> }
): Promise<T> {
  if (ordered) return Promise.all(steps.map((step) => step())) as Promise<T>
  const results: unknown[] = []
  for (const step of steps) results.push(await step())
  return results as T
}

/** Types as Prisma reads them. */
const prismaTypes: CustomTypesConfig = {
  getTypeParser: (id, format) => (id === types.builtins.INT8 ? BigInt : types.getTypeParser(id, format)),
}

/** SQL on a pool or one of its connections. Errors are those of `pg`. */
export function statementsOn(connection: Pick<Pool | PoolClient, 'query'>): Statements {
  const run = (sql: TemplateStringsArray | Prisma.Sql, values: unknown[]) => {
    const { text, values: bound } = 'raw' in sql ? Prisma.sql(sql as TemplateStringsArray, ...values) : sql
    return connection.query({ text, values: bound, types: prismaTypes })
  }
  return {
    $queryRaw: async <T>(sql: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) =>
      (await run(sql, values)).rows as T,
    $executeRaw: async (sql, ...values) => (await run(sql, values)).rowCount ?? 0,
  }
}

const pools = new WeakMap<object, Pool>()

/** Keeps the pool of a client, for {@link poolOf}. */
export function keepPool(client: object, pool: Pool): void {
  pools.set(client, pool)
}

/** The pool of a client that {@link keepPool} was told of. */
export const poolOf = (client: object): Pool => pools.get(client)!

/** SQL on the pool of a client, one transaction a statement. @throws AtelierError `unavailable` */
export function statementsOf(client: object): Statements {
  const { $queryRaw, $executeRaw } = statementsOn(poolOf(client))
  const translated = (error: unknown) => {
    throw translateError(error)
  }
  return {
    $queryRaw: <T>(sql: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) =>
      $queryRaw<T>(sql, ...values).catch(translated),
    $executeRaw: (sql, ...values) => $executeRaw(sql, ...values).catch(translated),
  }
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The columns of a table, under their names in its model. @param fields - Prisma's, such as `Prisma.TurnScalarFieldEnum` */
export const columnsOf = (fields: Readonly<Record<string, string>>): Prisma.Sql =>
  Prisma.raw(
    Object.keys(fields)
      .map((name) => `"${snakeCase(name)}" AS "${name}"`)
      .join(', '),
  )
