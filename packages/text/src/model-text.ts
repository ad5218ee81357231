import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '@atelier/contracts'
import { ModelFolderError } from '@atelier/contracts/model-folder'
import { cleanText } from './clean-text.js'
import { Tokenizer } from './tokenizer.js'

/** How much of a text a model reads. */
export class ModelText {
  private readonly tokenizer: Tokenizer

  /** @param json - parsed `tokenizer.json` @throws Error when it is no tokeniser */
  constructor(
    json: object,
    private readonly settings: Manifest['text'],
  ) {
    this.tokenizer = new Tokenizer(json, settings)
  }

  /** Reads the tokeniser of a model folder. @throws ModelFolderError */
  static async read(folder: string, { text, tokenizer: { file } }: Pick<Manifest, 'text' | 'tokenizer'>) {
    try {
      return new ModelText(JSON.parse(await readFile(join(folder, file), 'utf8')) as object, text)
    } catch (error) {
      throw new ModelFolderError(folder, file, `cannot be used: ${(error as Error).message}`, { cause: error })
    }
  }

  /** Most tokens of a text; the end token, which the model adds, is not counted. */
  get maxTokens(): number {
    return this.settings.maxTokens - 1
  }

  /** Tokens of a text, cleaned as the model reads it; the end token is not counted. */
  count(text: string): number {
    return this.tokenizer.count(cleanText(text, this.settings.cleaning))
  }

  /** The longest beginning of a text that the model reads, cut between two words where it has more than one. */
  shorten(text: string): string {
    if (this.count(text) <= this.maxTokens) return text
    const words = Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => index + word.length)
    return this.longest(text, words) || this.longest(text, ends(text))
  }

  /** @param places - where the text may be cut, ascending */
  private longest(text: string, places: readonly number[]): string {
    const fits = (count: number) => this.count(text.slice(0, places[count - 1])) <= this.maxTokens
    // twice as many until they are too many: a long text takes no longer than what is read of it
    let [low, high] = [0, 64]
    while (high < places.length && fits(high)) [low, high] = [high, 2 * high]
    high = Math.min(high, places.length)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (fits(middle)) low = middle
      else high = middle - 1
    }
    return low === 0 ? '' : text.slice(0, places[low - 1])
  }
}

/** The end of each character of a text, in UTF-16 units. */
function ends(text: string): number[] {
  let end = 0
  return Array.from(text, (character) => (end += character.length))
}
