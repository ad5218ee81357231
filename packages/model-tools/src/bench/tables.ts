import type { BatchTimes } from './bench-batch.js'
import type { GenerationTimes } from './bench-generations.js'
import type { Precision, StepTimes } from './bench-steps.js'

type Cells = readonly (string | number)[]

const line = (cells: Cells): string => `| ${cells.join(' | ')} |`
const table = (head: Cells, rows: readonly Cells[]): string =>
  [line(head), line(head.map(() => '---:')), ...rows.map(line)].join('\n')
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 0)
const percent = (value: number): string => `${(100 * value).toFixed(value < 0.01 ? 2 : 0)} %`

/** Steps as a Markdown table: PyTorch and fp32, then each other precision. */
export function stepTable(rows: readonly StepTimes[], precisions: readonly Precision[]): string {
  const others = precisions.filter((name) => name !== 'fp32')
  const head = [
    'history',
    'GFLOP',
    'PyTorch ms',
    'ours ms',
    'ours × PyTorch',
    'GFLOP/s',
    'of product rate',
    'error / std',
    ...others.flatMap((name) => [`${name} ms`, `${name} × fp32`, `${name} error / std`]),
    'pipeline ms',
    'of step',
  ]
  return table(
    head,
    rows.map(({ history, flops, productFlops, ms: times, errors, ownMs }) => {
      const rate = (flops / times.fp32) * 1000
      return [
        history,
        (flops / 1e9).toFixed(1),
        ms(times.torch),
        ms(times.fp32),
        (times.torch / times.fp32).toFixed(2),
        (rate / 1e9).toFixed(0),
        percent(rate / productFlops),
        errors.fp32.toExponential(0),
        ...others.flatMap((name) => [
          ms(times[name]),
          (times.fp32 / times[name]).toFixed(2),
          errors[name].toExponential(0),
        ]),
        ms(ownMs),
        percent(ownMs / times.fp32),
      ]
    }),
  )
}

/** Generations as a Markdown table. */
export const generationTable = (rows: readonly GenerationTimes[]): string =>
  table(
    ['history', 'steps', 'generation ms', 'in session.run ms', 'overhead', 'MB a step'],
    rows.map(({ history, steps, totalMs, graphsMs, overhead, megabytes }) => [
      history,
      steps,
      ms(totalMs),
      ms(graphsMs),
      percent(overhead),
      megabytes.toFixed(2),
    ]),
  )

/** Generations that wait at once as a Markdown table. */
export const batchTable = ({ count, ...times }: BatchTimes): string =>
  table(
    ['', 'all of them ms', 'mean until one is done ms'],
    [
      ['one after another', ms(times.aloneMs), ms(times.meanAloneMs)],
      [`in a batch of ${count}`, ms(times.togetherMs), ms(times.meanTogetherMs)],
      ['times as many in the same time', times.throughput.toFixed(2), ''],
    ],
  )
