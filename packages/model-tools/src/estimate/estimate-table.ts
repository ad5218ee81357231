import type { GenerationEstimate } from './estimate.js'

const ms = (seconds: number): string => (seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)

/** Estimates as a Markdown table, one row for each number of history frames. */
export function estimateTable(rows: readonly { history: number; estimate: GenerationEstimate }[]): string {
  const head = 'history | step ms | bound | compute ms | memory ms | launch ms | bus ms | MB a step | generation ms'
  return [
    `| ${head} |`,
    `| ${head
      .split('|')
      .map(() => '---:')
      .join(' | ')} |`,
    ...rows.map(({ history, estimate: { step, total } }) => {
      const times = [step.compute, step.memory, step.launch, step.bus].map(ms)
      const cells = [history, ms(step.total), step.bound, ...times, (step.traffic / 1e6).toFixed(2), ms(total)]
      return `| ${cells.join(' | ')} |`
    }),
  ].join('\n')
}
