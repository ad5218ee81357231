import type { ReactNode } from 'react'
import styles from './table.module.css'

/** A column of a {@link Table}. */
export interface Column<Row> {
  /** Its heading; on narrow screens it stands before each value. */
  name: string
  cell(row: Row): ReactNode
  /** Numbers and times stand at the end of their column. */
  number?: boolean
  /** The heading of the row. Once in a table. */
  head?: boolean
  /** Buttons, whose heading is for screen readers alone. */
  actions?: boolean
}

/** What a {@link Table} needs. */
export interface TableProps<Row> {
  /** What it lists, for screen readers. */
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf(row: Row): string
}

/** A table whose rows become small cards where there is no room for columns. (The roles outlive the CSS that does so.) */
export function Table<Row>({ label, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <table role="table" className={styles.table} aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name, number, actions }) => (
            <th key={name} role="columnheader" scope="col" data-number={number || undefined}>
              {actions ? <span className="hidden">{name}</span> : name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map(({ name, cell, number, head, actions }) => {
              const Cell = head ? 'th' : 'td'
              return (
                <Cell
                  key={name}
                  role={head ? 'rowheader' : 'cell'}
                  {...(head && { scope: 'row' })}
                  data-name={head || actions ? undefined : name}
                  data-number={number || undefined}
                  data-actions={actions || undefined}
                >
                  {cell(row)}
                </Cell>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
