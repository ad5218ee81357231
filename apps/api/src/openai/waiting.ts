/** How the door waits for the model. */
export interface Waiting {
  /** How long a call without a stream is waited for, in milliseconds: less than clients and proxies wait. */
  waitMs: number
  /** How long a caller whose connection closed may take to call again before what it wanted is cancelled. */
  graceMs: number
}

/** As clients of OpenAI need it: their SDKs call again within nine seconds. */
export const defaultWaiting: Waiting = { waitMs: 240_000, graceMs: 10_000 }
