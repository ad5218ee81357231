import type { Stats } from '@atelier/client'
import { numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { lengthOf } from '../parts/times.js'
import { Chart, type Series } from './chart.js'
import styles from './chart.module.css'
import { linePath, roundUp } from './scale.js'

const { now } = adminWords

const placeOf = (at: string, window: Stats['window']): string =>
  new Intl.DateTimeFormat(document.documentElement.lang, {
    ...(window === 'week' && { weekday: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(at))

/** How long generations waited and ran, and how many ended, over time. */
export default function Charts({ window, points }: Stats) {
  const places = points.map(({ at }) => placeOf(at, window))
  return (
    <div className={styles.charts}>
      <Lengths title={now.wait} places={places} quantiles={points.map(({ wait }) => wait)} />
      <Lengths title={now.run} places={places} quantiles={points.map(({ run }) => run)} />
      <Counts places={places} points={points} />
    </div>
  )
}

interface LengthsProps {
  title: string
  places: string[]
  quantiles: ({ p50: number; p95: number } | null)[]
}

function Lengths({ title, places, quantiles }: LengthsProps) {
  const known = quantiles.filter((one) => one !== null)
  const most = Math.max(0, ...known.map(({ p95 }) => p95))
  const top = roundUp(most)
  const series: Series[] = [
    { name: now.p50, look: 'first', values: quantiles.map((one) => one?.p50 ?? null) },
    { name: now.p95, look: 'second', values: quantiles.map((one) => one?.p95 ?? null) },
  ]
  const last = known.at(-1)
  const summary = last
    ? now.lengths(title, lengthOf(last.p50), lengthOf(last.p95), lengthOf(most))
    : now.noValues(title)
  return (
    <Chart title={title} summary={summary} places={places} series={series} top={top} write={lengthOf}>
      {series.map(({ look, values }) => (
        <path key={look} className={styles.line} data-look={look} d={linePath(values, top)} />
      ))}
    </Chart>
  )
}

const kinds = [
  { kind: 'succeeded', look: 'first' },
  { kind: 'failed', look: 'bad' },
  { kind: 'cancelled', look: 'still' },
] as const

function Counts({ places, points }: { places: string[]; points: Stats['points'] }) {
  const totals = points.map(({ succeeded, failed, cancelled }) => succeeded + failed + cancelled)
  const top = Math.max(2, roundUp(Math.max(...totals)))
  const series: Series[] = kinds.map(({ kind, look }) => ({
    name: now.kinds[kind],
    look,
    values: points.map((point) => point[kind]),
  }))
  const sum = (kind: (typeof kinds)[number]['kind']) => numberOf(points.reduce((all, point) => all + point[kind], 0))
  const summary = now.counts(sum('succeeded'), sum('failed'), sum('cancelled'))
  return (
    <Chart title={now.ended} summary={summary} places={places} series={series} top={top} write={numberOf}>
      {points.map((point, index) => {
        let below = 0
        return kinds.map(({ kind, look }) => {
          const height = (100 * point[kind]) / top
          below += height
          if (!height) return null
          const key = `${point.at} ${kind}`
          return (
            <rect
              key={key}
              className={styles.bar}
              data-look={look}
              x={index + 0.15}
              y={100 - below}
              width={0.7}
              height={height}
            />
          )
        })
      })}
    </Chart>
  )
}
