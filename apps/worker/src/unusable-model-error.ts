/** The model that the settings name cannot be used: the message is one line that names the file or folder at fault. */
export class UnusableModelError extends Error {
  override readonly name = 'UnusableModelError'

  /** Waits for work on a model folder; its error becomes one of this class. */
  static async instead<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw new UnusableModelError(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}
