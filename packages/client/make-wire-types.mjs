// Writes src/wire-types.ts: the types of @atelier/contracts that callers meet, spelt out, because those of the contracts are
// made of zod's and nobody who installs this package should need zod. Run it after a change of the contracts (build first):
// `node packages/client/make-wire-types.mjs`; a test compares. With `--print` it only prints.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'

// in an order in which none needs a later one
const names =
  `ErrorCode ErrorBody Failure Image MaskMode Sampler Priority GenerationStatus Reproduction LcuUnit Parameters
  ParametersRequest TurnImage History GenerationSummary Generation PlacedGeneration Turn TurnInTree TurnPage 
  Session ListedSession SessionWithTurns UpdateSession ForkSession CreateTurnInput DryRunTurnInput CreateTurnResponse
  TurnOutlook OutpaintRequest Limits Model SignIn BrowserSession LogEventName LogEvent LiveEvent
  ProgressEvent SessionSnapshot Scope Key Worker WorkSummary HealthPart AdminHealth ModelLane QueueState
  OwnerLane AdminGeneration AdminAction GenerationAttempt GenerationStory Owner OwnerDetail UpdateLimits
  AdminSession Storage ObjectSweep AdminWebhook Delivery Stats GenerationChange Names`.split(/\s+/)

const here = import.meta.dirname
const contracts = join(here, '../contracts')
const target = join(here, 'src/wire-types.ts')

const source = readdirSync(join(contracts, 'src'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(contracts, 'src', name), 'utf8'))
  .join('\n')

/** The comment right before something in the contracts; empty where there is none. */
function commentBefore(declaration, text = source) {
  const [, comment = ''] = text.match(new RegExp(`(/\\*\\*(?:(?!\\*/)[^])*\\*/)\\n *${declaration}`)) ?? []
  const [, other] = comment.match(/See \{@link (\w+)\}\. \*\//) ?? []
  return other
    ? commentBefore(`export const ${other}\\b`)
    : comment.replace(/\{@link (\w+)\}/g, '`$1`').replace(/Schema of (\w)/, (_, first) => first.toUpperCase())
}
/** The part of the contracts that says what a type's fields are. */
function schemaOf(name) {
  const [, schema = 'none'] = source.match(new RegExp(`export type ${name} = z\\.\\w+<typeof (\\w+)>`)) ?? []
  return source.match(new RegExp(`const ${schema} = [^]*?\\n(?=export )`))?.[0] ?? ''
}

/** What TypeScript makes of the types, as text by name. */
function expand() {
  const folder = mkdtempSync(join(here, '.wire-'))
  try {
    const lines = names.map((name) => `export const ${name} = expand<C.${name}>()`)
    writeFileSync(
      join(folder, 'wire.ts'),
      `import type * as C from '@atelier/contracts'\ndeclare function expand<T>(): { [K in keyof T]: T[K] }\n${lines.join('\n')}\n`,
    )
    const options = { composite: false, emitDeclarationOnly: true, declarationMap: false, sourceMap: false, types: [] }
    const project = { extends: '../../../tsconfig.base.json', compilerOptions: options, files: ['wire.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
    execFileSync('npx', ['tsc', '-p', folder], { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' })
    return readFileSync(join(folder, 'wire.d.ts'), 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// all on one line, so that what is the same can be found
const types = new Map(
  expand()
    .split('export declare const ')
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1).replace(/;\s*$/, '')])
    .map(([name, text]) => [
      name,
      text
        .replace(/C\.(?=[A-Z])/g, '')
        .replace(/\s+/g, ' ')
        .trim(),
    ]),
)
for (const [name, text] of types) {
  if (/import\(|zod|\$/.test(text)) throw new Error(`${name} is not spelt out: ${text}`)
  // others refer to it by its name
  for (const [other, long] of types)
    if (other !== name && text.length > 12) types.set(other, long.replaceAll(text, name))
}
for (const [name, text] of [...types].reverse()) {
  // or say what they add to it
  const less = [...types].filter(
    ([, short]) => short.endsWith(' }') && short !== text && text.startsWith(short.slice(0, -1)),
  )
  const [base, short] = less.sort(([, a], [, b]) => b.length - a.length)[0] ?? []
  if (base) types.set(name, `${base} & { ${text.slice(short.length - 1)}`)
}

/** The text of a type with what the contracts say about its fields. */
function withComments(name, text) {
  const schema = schemaOf(name)
  let depth = 0
  return text.replace(/[{}]|(?<=[{;] )(\w+)\??:/g, (found, field) => {
    depth += found === '{' ? 1 : found === '}' ? -1 : 0
    const comment = field && depth === 1 && commentBefore(`${field}\\b`, schema)
    return comment ? `\n${comment}\n${found}` : found
  })
}
const written = [...types].map(
  ([name, text]) =>
    `${commentBefore(`export (?:type|interface) ${name}\\b`)}\nexport type ${name} = ${withComments(name, text)}`,
)
const code = `// Made by make-wire-types.mjs from packages/contracts. Not to be edited.

/** A page of a list. \`nextCursor\` is null on the last page. */
export interface Page<T> {
  data: T[]
  nextCursor: string | null
}

${written.join('\n\n')}
`
const pretty = await format(code, { ...(await resolveConfig(target)), filepath: target })
if (process.argv.includes('--print')) process.stdout.write(pretty)
else writeFileSync(target, pretty)
