#!/usr/bin/env node
// npm run arrows: who imports whom, against arrows.mjs; prints every import that goes the wrong way.
import { readdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { arrows, owners } from './arrows.mjs'
import { root } from './run-command.mjs'

const specifier = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

/** The wrong imports of one source text. */
export function wrongImports(workspace, file, text) {
  const wrong = []
  for (const [, name] of text.matchAll(specifier)) {
    const [, other] = /^@atelier\/([\w-]+)/.exec(name) ?? []
    if (other && other !== workspace && !arrows[workspace].includes(other))
      wrong.push(`${file}: ${workspace} must not import ${other}`)
    const outside = Object.keys(owners).find((o) => name === o || name.startsWith(`${o}/`))
    if (outside && !owners[outside].includes(workspace))
      wrong.push(`${file}: only ${owners[outside].join(', ')} may import ${outside}`)
  }
  if (workspace !== 'config' && /\bprocess\.env\b/.test(text))
    wrong.push(`${file}: only packages/config may read process.env`)
  return wrong
}

/** Checks every source file of every workspace. */
export function checkArrows() {
  const wrong = []
  for (const room of ['packages', 'apps']) {
    for (const workspace of readdirSync(`${root}/${room}`)) {
      if (!arrows[workspace]) wrong.push(`${room}/${workspace}: has no row in scripts/arrows.mjs`)
      else
        for (const name of readdirSync(`${root}/${room}/${workspace}/src`, { recursive: true })) {
          if (!/\.tsx?$/.test(name) || name.includes('generated/')) continue
          const file = `${room}/${workspace}/src/${name}`
          wrong.push(...wrongImports(workspace, file, readFileSync(`${root}/${file}`, 'utf8')))
        }
    }
  }
  return wrong
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wrong = checkArrows()
  for (const line of wrong) console.error(line)
  console.log(wrong.length ? `${wrong.length} imports go the wrong way.` : 'All arrows hold.')
  process.exitCode = wrong.length ? 1 : 0
}
