import type { Outcome } from '../run-scenario.js'

const seconds = (ms: number | null): string => (ms === null ? '–' : (ms / 1000).toFixed(1))

/**
 * The rate of failures that a run without any excludes with 95 % confidence: 3 in N (the rule of three).
 *
 * @returns such as `0.03 %`
 */
export const bound = (jobs: number): string => (jobs === 0 ? '–' : `${((3 / jobs) * 100).toPrecision(2)} %`)

const heads = [
  'scenario',
  'queue',
  'jobs',
  'faults',
  'lost',
  'doubled',
  'leaked',
  'disorder',
  'failed',
  'cancelled',
  're-pickup p50/p99 s',
  'recovery p99 s',
  'cancel p99 s',
  'client errors',
  '95 % bound',
  'time s',
]

function row(outcome: Outcome): string[] {
  const { scenario, backend, jobs, faults, lost, doubled, leaked, outOfOrder, failed, cancelled } = outcome
  const { rePickup, recovery, cancel, clientErrors, givenUp } = outcome
  return [
    scenario,
    backend,
    ...[jobs, faults, lost, doubled, leaked, outOfOrder, failed, cancelled].map(String),
    rePickup.count ? `${seconds(rePickup.p50)} / ${seconds(rePickup.p99)} (${rePickup.count})` : '–',
    recovery.count ? seconds(recovery.p99) : '–',
    cancel.count ? seconds(cancel.p99) : '–',
    givenUp ? `${clientErrors}, ${givenUp} given up` : String(clientErrors),
    outcome.violations.length === 0 ? bound(jobs) : '–',
    String(outcome.seconds),
  ]
}

const sum = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number) =>
  outcomes.reduce((total, outcome) => total + of(outcome), 0)

function total(outcomes: readonly Outcome[]): string[] {
  const jobs = sum(outcomes, (o) => o.jobs)
  const counts = [
    jobs,
    ...(['faults', 'lost', 'doubled', 'leaked', 'outOfOrder', 'failed', 'cancelled'] as const).map((name) =>
      sum(outcomes, (outcome) => outcome[name]),
    ),
  ]
  const worst = (of: (outcome: Outcome) => number | null) =>
    seconds(outcomes.map(of).reduce((a, b) => (b === null || (a !== null && a >= b) ? a : b), null))
  return [
    'all',
    '',
    ...counts.map(String),
    `worst p99 ${worst((o) => o.rePickup.p99)}`,
    `worst ${worst((o) => o.recovery.p99)}`,
    `worst ${worst((o) => o.cancel.p99)}`,
    String(sum(outcomes, (o) => o.clientErrors)),
    sum(outcomes, (o) => o.violations.length) === 0 ? bound(jobs) : '–',
    String(sum(outcomes, (o) => o.seconds)),
  ]
}

/** A line for each scenario, and one for all, as a table of Markdown. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = [heads, ...outcomes.map(row), ...(outcomes.length > 1 ? [total(outcomes)] : [])]
  const widths = heads.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n')
}
