/** A JSON schema, as far as the routes use it. */
export interface Schema {
  $ref?: string
  type?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  pattern?: string
  minimum?: number
  maximum?: number
}

const cursor = (text: string) => Buffer.from(text).toString('base64url')
const someId = '0123456789abcdef'

/** Texts that have broken something somewhere. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\uD800',
  'x\uDC00y',
  '\u202Egnp.exe',
  '\uFEFF',
  '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'.repeat(50),
  'x'.repeat(5000),
  "'; DROP TABLE sessions; --",
  '../../../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%zz',
  '%s%n%x',
  '{{7*7}}${7*7}',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-0',
  '1e3',
  '0x10',
  '99999999999999999999',
  '-1',
  '1.5',
  '\n\r\t',
  'a\r\nSet-Cookie: x=1',
  `ses_${someId}`,
  `img_${someId}`,
  `ses_${someId}\n`,
  `SES_${someId}`,
  `ses_${'0'.repeat(500)}`,
  `\uFF20img_${someId}`,
  `@img_${someId}\0`,
  cursor(`0000-01-01T00:00:00.000Z ses_${someId}`),
  cursor(`-000001-01-01T00:00:00.000Z ses_${someId}`),
  cursor(`+275760-09-13T00:00:00.000Z ses_${someId}`),
  cursor('2026-01-01T00:00:00.000Z \0'),
  cursor(`2026-01-01T00:00:00.000Z ses_${someId} more`),
  cursor('2026-01-01 x'),
  cursor(`Thu, 01 Jan 1970 00:00:00 GMT${' '.repeat(20)}`),
]

/** Values that are no text. Those that JSON cannot say are said as texts or left out by `JSON.stringify`. */
export const hostileValues: readonly unknown[] = [
  null,
  true,
  [],
  {},
  [[[[]]]],
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 63),
  1e308,
  -1e308,
  5e-324,
  { '\0': 1 },
  { '\uD800': { '\uDFFF': 1 } },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}'),
  JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`),
  Array.from({ length: 500 }, (_, n) => n),
  Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`key${n}`, n])),
]

/** Makes values for schemas: mostly such as fit, now and then hostile ones. */
export class HostileMaker {
  /** @param ids - real ids by prefix, such as `img` @param resolve - what a `$ref` names */
  constructor(
    private readonly random: () => number,
    private readonly ids: Readonly<Record<string, readonly string[]>>,
    private readonly resolve: (ref: string) => Schema | undefined,
  ) {}

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!
  }

  /** From 0 to 1. */
  share(): number {
    return this.random()
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  text(): string {
    return this.pick(hostileTexts)
  }

  /** An id of the kind, real or hostile. */
  id(prefix: string, hostility: number): string {
    return this.chance(hostility) ? this.text() : this.pick(this.ids[prefix] ?? [`${prefix}_${someId}`])
  }

  /** @param hostility - share of hostile values at each place, 0–1 */
  value(schema: Schema, hostility: number): unknown {
    if (schema.$ref) return this.value(this.resolve(schema.$ref) ?? {}, hostility)
    if (this.chance(hostility)) return this.chance(0.5) ? this.text() : this.pick(hostileValues)
    const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
    if (choices) return this.value(this.pick(choices), hostility)
    if (schema.enum) return this.pick(schema.enum)
    if (schema.const !== undefined) return schema.const
    return this.plain(schema, hostility)
  }

  private plain(schema: Schema, hostility: number): unknown {
    const { type, properties, items, pattern, minimum = 0, maximum = 64 } = schema
    if (type === 'object' || properties) return this.object(properties ?? {}, hostility)
    if (type === 'array')
      return Array.from({ length: Math.floor(this.random() * 3) }, () => this.value(items ?? {}, hostility))
    if (type === 'boolean') return this.chance(0.5)
    if (type === 'integer' || type === 'number') {
      const value = minimum + this.random() * (Math.min(maximum, minimum + 100) - minimum)
      return type === 'integer' ? Math.floor(value) : value
    }
    const prefix = /^\^([a-z]{3})_/.exec(pattern ?? '')?.[1]
    if (prefix) return this.id(prefix, 0)
    return this.pick(['a red circle', 'Grüße', `make @${this.id('img', 0)} green`])
  }

  private object(properties: Record<string, Schema>, hostility: number): Record<string, unknown> {
    const made: Record<string, unknown> = {}
    for (const [name, schema] of Object.entries(properties))
      if (this.chance(0.6)) made[name] = this.value(schema, hostility)
    if (this.chance(hostility)) made[this.text()] = this.pick(hostileValues)
    return made
  }
}
