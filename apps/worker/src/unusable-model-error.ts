/** The model that the settings name cannot be used. The message is one line that says which file or folder is at fault. */
export class UnusableModelError extends Error {
  override readonly name = 'UnusableModelError'
}
