/** A model folder that is incomplete, damaged, or of another format. */
export class ModelFolderError extends Error {
  override readonly name = 'ModelFolderError'

  /**
   * @param folder - path of the model folder
   * @param file - the file at fault, relative to the folder
   * @param problem - what is wrong with it, as the end of a sentence
   */
  constructor(
    readonly folder: string,
    readonly file: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file} in the model folder ${folder} ${problem}`, options)
  }
}
