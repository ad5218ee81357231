import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from '@jest/globals'
import { promtool, testUnless } from '@atelier/testing'
import { root } from '../start-stack.js'

const { missing } = promtool()
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const rules = read('infra/prometheus/alerts.yaml')
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)

interface Panel {
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string }[]
  options?: { reduceOptions?: { calcs: unknown[] } }
}
const { panels } = JSON.parse(read('infra/grafana/atelier.json')) as { panels: Panel[] }
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Runs promtool in infra/prometheus. @throws with what it says */
const run = (...args: string[]) =>
  execFileSync('promtool', args, { cwd: join(root, 'infra/prometheus'), encoding: 'utf8', stdio: 'pipe' })

describe('the alerts', () => {
  testUnless(missing)('are well formed, and fire when they should', () => {
    assert.match(run('check', 'rules', 'alerts.yaml'), /SUCCESS/)
    assert.match(run('test', 'rules', 'alerts.test.yaml'), /SUCCESS/)
  })

  it('are each tested, quiet and firing, and have a place in the runbook', () => {
    const tests = read('infra/prometheus/alerts.test.yaml')
    const sections = [...read('docs/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name!)
    assert.deepEqual(sections.sort(), alerts.toSorted())
    for (const alert of alerts) {
      assert.match(tests, new RegExp(`eval_time: 35m, alertname: ${alert} `), `${alert} is not tested to be quiet`)
      assert.match(tests, new RegExp(`alertname: ${alert}\n +exp_alerts`), `${alert} is not tested to fire`)
      assert.match(rules, new RegExp(`runbook: docs/runbook.md#${alert.toLowerCase()}\n`), alert)
    }
  })
})

describe('the dashboard', () => {
  testUnless(missing)('has queries that Prometheus understands', () => {
    const folder = mkdtempSync(join(tmpdir(), 'atelier dashboard '))
    try {
      const file = join(folder, 'rules.json')
      const asRules = queries.map((expr, n) => ({
        record: `query:${n}`,
        expr: expr.replaceAll('$__rate_interval', '5m'),
      }))
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules: asRules }] }))
      assert.match(run('check', 'rules', file), new RegExp(`SUCCESS: ${queries.length} rules`))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has queries in targets alone, where they are asked', () => {
    const written = read('infra/grafana/atelier.json').match(/"expr":/g) ?? []
    assert.equal(written.length, queries.length)
    for (const { title, options } of panels)
      assert.ok(
        (options?.reduceOptions?.calcs ?? []).every((calc) => typeof calc === 'string'),
        title,
      )
  })

  it('has no panels that cover each other', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !taken.has(`${x} ${y}`), title)
          taken.add(`${x} ${y}`)
        }
  })
})

it('alerts and dashboard use metrics that there are', () => {
  // tests of API and worker compare this page with what they really have
  const documented = new Set(
    [...read('docs/metrics.md').matchAll(/`((?:atelier|nodejs)_\w+)`/g)].map(([, name]) => name!),
  )
  const used = [rules, ...queries].flatMap((text) => text.match(/\b(?:atelier|nodejs|process)_\w+/g) ?? [])
  const unknown = used.filter((name) => !documented.has(name.replace(/_(bucket|sum|count)$/, '')))
  assert.deepEqual([...new Set(unknown)], [])
  assert.ok(used.length > 40)
})
