import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { migrationsFolder } from '../src/migrate/migrations.js'
import { readPrismaSchema, type Table } from './prisma-schema.js'
import { openFixture, type Fixture } from './support.js'

const columnsSql = `SELECT column_name AS name, is_nullable = 'YES' AS nullable,
    CASE data_type WHEN 'ARRAY' THEN substr(udt_name, 2) || '[]' WHEN 'USER-DEFINED' THEN udt_name
      WHEN 'timestamp with time zone' THEN 'timestamptz(' || datetime_precision || ')' ELSE udt_name END AS type,
    column_default IS NOT NULL AS "hasDefault"
  FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public' ORDER BY name`
const indexesSql = `SELECT x.indisprimary AS "primary", x.indisunique AS "unique",
    array(SELECT a.attname::text FROM unnest(x.indkey::int[]) WITH ORDINALITY AS k(attnum, place)
      JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum ORDER BY place) AS columns
  FROM pg_index x WHERE x.indrelid = ('"' || $1 || '"')::regclass
    -- schema.prisma knows no indexes of expressions
    AND x.indexprs IS NULL`
const foreignKeysSql = `SELECT a.attname::text AS column, c.confrelid::regclass::text AS target,
    CASE c.confdeltype WHEN 'c' THEN 'Cascade' WHEN 'n' THEN 'SetNull' WHEN 'a' THEN 'NoAction' ELSE 'Restrict' END
      AS "onDelete"
  FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
  WHERE c.contype = 'f' AND c.conrelid = ('"' || $1 || '"')::regclass`

const sorted = <T>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

describe('the migrations', () => {
  let fixture: Fixture
  let tables: Table[]
  let enums: Record<string, string[]>
  beforeAll(async () => {
    fixture = await openFixture()
    ;({ tables, enums } = readPrismaSchema(await readFile(join(migrationsFolder, '../schema.prisma'), 'utf8')))
  })
  afterAll(() => fixture.stop())

  it('make exactly the tables of schema.prisma', async () => {
    const rows = await fixture.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'`,
    )
    assert.deepEqual(sorted(rows.map(({ name }) => name)), sorted(tables.map(({ name }) => name)))
    assert.ok(tables.length >= 10)
  })

  it('make the columns of schema.prisma, with their types', async () => {
    for (const { name, columns } of tables)
      assert.deepEqual(
        await fixture.sql(columnsSql, [name]),
        columns.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        name,
      )
  })

  it('make the keys and indexes of schema.prisma', async () => {
    for (const { name, indexes } of tables)
      assert.deepEqual(sorted(await fixture.sql(indexesSql, [name])), sorted(indexes), name)
  })

  it('make the references of schema.prisma', async () => {
    for (const { name, foreignKeys } of tables)
      assert.deepEqual(sorted(await fixture.sql(foreignKeysSql, [name])), sorted(foreignKeys), name)
  })

  it('make the enums of schema.prisma', async () => {
    const rows = await fixture.sql<{ name: string; values: string[] }>(
      `SELECT t.typname::text AS name, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS values
       FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY 1`,
    )
    assert.deepEqual(Object.fromEntries(rows.map(({ name, values }) => [name, values])), enums)
  })
})
