/** The inference process ended, or had to be ended, in the middle of a call. A fresh one may do better. */
export class InferenceLostError extends Error {
  override readonly name = 'InferenceLostError'
}
