/** A text, and where the caret stands in it. */
export interface Written {
  text: string
  caret: number
}

/** Steps beyond this are forgotten, the oldest first. */
const maxSteps = 100
/** Changes of one kind that follow each other more quickly than this, in milliseconds, are one step. */
const pauseMs = 1_000

/** What can be undone in a text and done again, whoever has changed it: the browser knows nothing of chips. */
export class TextHistory {
  private past: Written[] = []
  private future: Written[] = []
  private kind = ''
  private at = -pauseMs

  constructor(private now: Written) {}

  /**
   * Keeps a change.
   *
   * @param kind - an `inputType`, such as `insertText`; empty: a step of its own
   */
  write(next: Written, kind = '', at = performance.now()): void {
    if (next.text === this.now.text) return
    if (!kind || kind !== this.kind || at - this.at > pauseMs) this.past = [...this.past, this.now].slice(-maxSteps)
    this.future = []
    this.kind = kind
    this.at = at
    this.now = next
  }

  /** The text before the last step; undefined: there is none. */
  undo(): Written | undefined {
    return this.step(this.past, this.future)
  }

  /** The text after the step that was undone last; undefined: there is none. */
  redo(): Written | undefined {
    return this.step(this.future, this.past)
  }

  private step(from: Written[], to: Written[]): Written | undefined {
    const next = from.pop()
    if (!next) return undefined
    to.push(this.now)
    this.kind = ''
    return (this.now = next)
  }
}
