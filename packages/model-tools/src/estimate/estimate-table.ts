import type { GenerationEstimate } from './estimate.js'

const ms = (seconds: number): string => (seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)

/** Estimates as a Markdown table, a row each; a star marks those with step caching. */
export function estimateTable(
  rows: readonly { history: number; historyRefresh: number; stepCache: number; estimate: GenerationEstimate }[],
): string {
  const head =
    'history | refresh | step ms | bound | compute ms | memory ms | launch ms | bus ms | MB a step | generation ms'
  return [
    `| ${head} |`,
    `| ${head
      .split('|')
      .map(() => '---:')
      .join(' | ')} |`,
    ...rows.map(({ history, historyRefresh, stepCache, estimate: { step, total } }) => {
      const times = [step.compute, step.memory, step.launch, step.bus].map(ms)
      const cells = [
        history,
        `${historyRefresh}${stepCache ? '*' : ''}`,
        ms(step.total),
        step.bound,
        ...times,
        (step.traffic / 1e6).toFixed(2),
        ms(total),
      ]
      return `| ${cells.join(' | ')} |`
    }),
  ].join('\n')
}
