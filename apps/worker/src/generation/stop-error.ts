/**
 * Why a run is stopped before its end: `cancelled` by its owner, `lost` to another worker (or its lock ran out), or
 * `closing` because this worker is going away.
 */
export class StopError extends Error {
  override readonly name = 'StopError'

  constructor(readonly why: 'cancelled' | 'lost' | 'closing') {
    super(`The run was stopped: ${why}.`)
  }
}
