import type { Device } from '../types.js'

/** The device cannot be used on this machine. */
export class DeviceUnavailableError extends Error {
  override readonly name = 'DeviceUnavailableError'

  /** @param reason - what is missing, as a sentence */
  constructor(
    readonly device: Device,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`The device ${device} cannot be used: ${reason}`, options)
  }
}
