/** A table as schema.prisma wants it, in the terms of Postgres's catalog. */
export interface Table {
  name: string
  columns: { name: string; nullable: boolean; type: string; hasDefault: boolean }[]
  indexes: { primary: boolean; unique: boolean; columns: string[] }[]
  foreignKeys: { column: string; target: string; onDelete: string }[]
}

const scalars: Record<string, string> = {
  String: 'text',
  Int: 'int4',
  BigInt: 'int8',
  Float: 'float8',
  Json: 'jsonb',
  Boolean: 'bool',
  DateTime: 'timestamptz(3)',
}

const inside = (line: string, attribute: string): string | undefined =>
  new RegExp(`${attribute}\\("?([^")]*)"?\\)`).exec(line)?.[1]
const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
const bracketed = (line: string, label = ''): string[] => list(new RegExp(`${label}\\[([^\\]]*)\\]`).exec(line)?.[1])

/**
 * Reads the part of Prisma's schema language that our schema uses: models, enums, scalars, `@id @unique @default @map
 * @relation`, `@@id @@unique @@index @@map`.
 */
export function readPrismaSchema(text: string): { tables: Table[]; enums: Record<string, string[]> } {
  const blocks = [...text.matchAll(/^(model|enum) (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, kind, name, body]) => {
    const lines = body!
      .split('\n')
      .map((line) => line.replace(/\/\/.*/, '').trim())
      .filter(Boolean)
    return { kind, name: name!, lines, stored: lines.map((line) => inside(line, '^@@map')).find(Boolean) ?? name! }
  })
  const storedName = new Map(blocks.map((block) => [block.name, block.stored]))
  const isEnum = (name: string) => blocks.some((block) => block.kind === 'enum' && block.name === name)
  const enums = Object.fromEntries(
    blocks
      .filter(({ kind }) => kind === 'enum')
      .map(({ stored, lines }) => [stored, lines.filter((line) => !line.startsWith('@@'))]),
  )
  const tables = blocks
    .filter(({ kind }) => kind === 'model')
    .map(({ stored, lines }): Table => {
      const fields = lines
        .filter((line) => !line.startsWith('@@'))
        .map((line) => {
          const [field, type] = line.split(/\s+/) as [string, string]
          return {
            field,
            line,
            base: type.replace(/[?[\]]+$/, ''),
            optional: type.endsWith('?'),
            array: type.endsWith('[]'),
          }
        })
      const columnOf = new Map(fields.map(({ field, line }) => [field, inside(line, ' @map') ?? field]))
      const named = (names: string[]) => names.map((name) => columnOf.get(name)!)
      return {
        name: stored,
        columns: fields
          .filter(({ base }) => scalars[base] || isEnum(base))
          .map(({ field, base, optional, array, line }) => ({
            name: columnOf.get(field)!,
            nullable: optional || array,
            type: `${scalars[base] ?? storedName.get(base)!}${array ? '[]' : ''}`,
            hasDefault: line.includes('@default('),
          })),
        indexes: [
          ...fields
            .filter(({ line }) => / @(id|unique)\b/.test(line))
            .map(({ field, line }) => ({ primary: / @id\b/.test(line), unique: true, columns: named([field]) })),
          ...lines
            .filter((line) => /^@@(id|unique|index)\(/.test(line))
            .map((line) => ({
              primary: line.startsWith('@@id'),
              unique: !line.startsWith('@@index'),
              columns: named(bracketed(line)),
            })),
        ],
        foreignKeys: fields
          .filter(({ line }) => line.includes('fields: ['))
          .map(({ base, line }) => ({
            column: named(bracketed(line, 'fields: '))[0]!,
            target: storedName.get(base)!,
            onDelete: /onDelete: (\w+)/.exec(line)![1]!,
          })),
      }
    })
  return { tables, enums }
}
