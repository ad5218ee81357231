import type { Comparison } from './compare.js'

/** Comparisons as an aligned table, one line a case and output, one column an engine. */
export function formatTable(comparisons: readonly Comparison[]): string {
  const engines = [...new Set(comparisons.map((one) => one.engine))]
  const rows = new Map<string, Comparison[]>()
  for (const one of comparisons) {
    const key = JSON.stringify([one.case, one.output])
    rows.set(key, [...(rows.get(key) ?? []), one])
  }
  const lines = [...rows.values()].map((group) => [
    group[0]!.case,
    group[0]!.output,
    ...engines.map((engine) => cell(group.find((one) => one.engine === engine))),
    exponential(group[0]!.tolerance),
    group.every((one) => one.passed) ? 'ok' : 'FAILED',
  ])
  return alignColumns([['case', 'output', ...engines, 'allowed', ''], ...lines])
}

const exponential = (value: number): string => value.toExponential(1)

function cell(one: Comparison | undefined): string {
  if (!one) return '–'
  return one.error === null || Number.isNaN(one.error) ? 'NaN' : exponential(one.error)
}

/** Lines of cells as text, each column as wide as its widest cell. */
export function alignColumns(lines: readonly string[][]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
