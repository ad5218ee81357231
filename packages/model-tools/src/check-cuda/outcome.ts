/** A row of the table of npm run check:cuda. */
export interface Row {
  check: string
  value: string
  /** What was computed for it beforehand, see `estimate/`; absent: nothing. */
  computed?: string
  /** What the value must be; empty for information. */
  target: string
  /** Null: for information, without a verdict. */
  passed: boolean | null
}

/** The check cannot be made; the message says what is missing and how to get it. */
export class MissingError extends Error {}
