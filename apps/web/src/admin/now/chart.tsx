import { useId, useState, type PointerEvent, type ReactNode } from 'react'
import { adminWords } from '../../messages/admin-words.js'
import styles from './chart.module.css'

/** What is drawn of one kind. */
export interface Series {
  name: string
  /** Null where nothing is known. */
  values: readonly (number | null)[]
  /** Which of the chart's colours and dashes. */
  look: 'first' | 'second' | 'bad' | 'still'
}

/** What a {@link Chart} needs. */
export interface ChartProps {
  title: string
  /** What it shows, in a sentence: read instead of the drawing. */
  summary: string
  /** What stands below each place: times. */
  places: readonly string[]
  series: readonly Series[]
  /** The value at the upper edge. */
  top: number
  /** A value as people read it. */
  write(value: number): string
  /** What is drawn, in a box of `places.length` × 100. */
  children: ReactNode
}

/** The frame of a chart: its axes, its legend, the values under the pointer, and all of them as a table. */
export function Chart({ title, summary, places, series, top, write, children }: ChartProps) {
  const id = useId()
  const [index, setIndex] = useState<number | null>(null)
  const point = ({ clientX, currentTarget }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect()
    setIndex(Math.max(0, Math.min(places.length - 1, Math.floor(((clientX - left) / width) * places.length))))
  }
  const valueAt = (values: Series['values'], at: number) => {
    const value = values[at] ?? null
    return value === null ? adminWords.parts.none : write(value)
  }
  return (
    <figure className={styles.chart} aria-labelledby={id}>
      <figcaption id={id} className={styles.title}>
        {title}
      </figcaption>
      <ul className={styles.legend} aria-hidden>
        {series.map(({ name, look, values }) => (
          <li key={name} data-look={look}>
            {name}
            {index !== null && <strong className="numbers"> {valueAt(values, index)}</strong>}
          </li>
        ))}
        {index !== null && <li className="numbers">{places[index]}</li>}
      </ul>
      <div className={styles.field}>
        <div className={`${styles.scale} numbers`} aria-hidden>
          {[top, top / 2, 0].map((value) => (
            <span key={value}>{write(value)}</span>
          ))}
        </div>
        <div className={styles.plot} onPointerMove={point} onPointerLeave={() => setIndex(null)}>
          <svg
            role="img"
            aria-label={summary}
            viewBox={`0 0 ${places.length} 100`}
            preserveAspectRatio="none"
            className={styles.drawing}
          >
            <path className={styles.grid} d={`M0 50H${places.length}M0 .5H${places.length}M0 99.5H${places.length}`} />
            {index !== null && <rect className={styles.cursor} x={index} y="0" width="1" height="100" />}
            {children}
          </svg>
        </div>
        <div className={`${styles.times} numbers`} aria-hidden>
          <span>{places[0]}</span>
          <span>{places[Math.floor((places.length - 1) / 2)]}</span>
          <span>{places.at(-1)}</span>
        </div>
      </div>
      <details className={styles.details}>
        <summary>{adminWords.parts.table}</summary>
        <div className={styles.values} tabIndex={0} role="group" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{adminWords.now.time}</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {places.map((place, at) => (
                // places of a week may have the same words
                // oxlint-disable-next-line react/no-array-index-key
                <tr key={at}>
                  <th scope="row">{place}</th>
                  {series.map(({ name, values }) => (
                    <td key={name}>{valueAt(values, at)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}
