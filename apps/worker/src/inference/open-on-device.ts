import { cudaNotInstalled, DeviceUnavailableError, openModel, type AceModel, type OpenModelOptions } from '@atelier/ace'

/** A model, and where it runs. */
export interface OpenedModel {
  model: AceModel
  device: 'cpu' | 'cuda'
  /** Why `auto` came to the CPU, as a sentence; else null. */
  fallback: string | null
}

/**
 * Opens a model where it was asked to run. `auto` is the GPU, and the CPU when the GPU cannot be used.
 *
 * @throws DeviceUnavailableError for `cuda` alone; what `openModel` throws
 */
export async function openOnDevice(
  folder: string,
  wanted: 'auto' | 'cpu' | 'cuda',
  options: Omit<OpenModelOptions, 'device'>,
): Promise<OpenedModel> {
  const on = async (device: 'cpu' | 'cuda', fallback: string | null) => ({
    model: await openModel(folder, { ...options, device }),
    device,
    fallback,
  })
  if (wanted !== 'auto') return on(wanted, null)
  const absent = cudaNotInstalled()
  if (absent) return on('cpu', absent)
  try {
    return await on('cuda', null)
  } catch (error) {
    if (!(error instanceof DeviceUnavailableError)) throw error
    return on('cpu', error.message)
  }
}
