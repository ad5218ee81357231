import { existsSync } from 'node:fs'
import { join } from 'node:path'

interface Instruction {
  name: string
  text: string
}

/** The instructions of a Dockerfile, continued lines joined. */
export const instructionsOf = (text: string): Instruction[] =>
  text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => ({ name: line.split(' ')[0]!, text: line.slice(line.indexOf(' ') + 1).trim() }))

/**
 * What is wrong with a Dockerfile, one sentence each.
 *
 * @param text - its contents
 * @param root - the build's context
 * @param isIgnored - whether `.dockerignore` keeps a path of the context out
 */
export function checkDockerfile(text: string, root: string, isIgnored: (path: string) => boolean): string[] {
  const wrong: string[] = []
  const instructions = instructionsOf(text)
  const defaults: Record<string, string> = Object.fromEntries(
    instructions.filter(({ name }) => name === 'ARG').map(({ text }) => text.split('=')),
  )
  const stages = new Set<string>()
  let last: Instruction[] = []
  for (const { name, text } of instructions) {
    last.push({ name, text })
    if (name === 'FROM') {
      last = []
      const [image = '', , stage] = text.split(/\s+/)
      const full = image.replace(/\$\{(\w+)\}/g, (_, argument: string) => defaults[argument] ?? '')
      if (!stages.has(image) && !/:\d+\.\d+[\w.-]*\d|:[\w.-]*\d+\.\d+/.test(full))
        wrong.push(`FROM ${full} names no exact version.`)
      if (/:latest\b/.test(full)) wrong.push(`FROM ${full} is a moving tag.`)
      if (stage) stages.add(stage)
    }
    if (name === 'ADD') wrong.push('ADD is not used: COPY says what it does.')
    if (name === 'COPY') {
      const words = text.split(/\s+/)
      const from = words[0]!.startsWith('--from=') ? words.shift()!.slice(7) : null
      if (from && !stages.has(from)) wrong.push(`COPY --from=${from} names no stage before it.`)
      if (!from)
        for (const source of words.slice(0, -1)) {
          if (!existsSync(join(root, source))) wrong.push(`COPY ${source}: there is no such file.`)
          else if (isIgnored(source)) wrong.push(`COPY ${source}: .dockerignore keeps it out.`)
        }
    }
  }
  const user = last.findLast(({ name }) => name === 'USER')?.text
  if (!user || /^(root|0)\b/.test(user)) wrong.push('The last stage runs as root: it has no USER.')
  for (const name of ['HEALTHCHECK', 'CMD'])
    if (!last.some((one) => one.name === name)) wrong.push(`The last stage has no ${name}.`)
  return wrong
}

/** Reads a `.dockerignore`: later lines win, `!` takes back; a folder counts as its contents do. */
export function readIgnore(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => ({ keep: line.startsWith('!'), pattern: line.replace(/^!/, '').replace(/^\/|\/$/g, '') }))
  const expression = (pattern: string) =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('**/', '\0')
        .replaceAll('*', '[^/]*')
        .replaceAll('\0', '(?:.*/)?')}(?:/.*)?$`,
    )
  return (path) =>
    rules.reduce<boolean>((ignored, { keep, pattern }) => (expression(pattern).test(path) ? !keep : ignored), false)
}
