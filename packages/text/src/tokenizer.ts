import { Tokenizer as Library } from '@huggingface/tokenizers'

/** What a tokeniser needs to know of its model. */
export interface TokenizerSettings {
  /** Most tokens of a text, the end token included. */
  maxTokens: number
  eosId: number
}

/** Text → token ids, ending in the end token. */
export class Tokenizer {
  private readonly library: Library

  /**
   * @param json - parsed `tokenizer.json`
   * @throws Error when it is no tokeniser
   */
  constructor(
    json: object,
    private readonly settings: TokenizerSettings,
  ) {
    this.library = new Library(json, {})
  }

  /** Between 1 (the end token alone, for an empty text) and `maxTokens` ids. */
  encode(text: string): number[] {
    return [...this.ids(text).slice(0, this.settings.maxTokens - 1), this.settings.eosId]
  }

  /** How many ids the whole text has, without the end token. */
  count(text: string): number {
    return this.ids(text).length
  }

  private ids(text: string): number[] {
    return text === '' ? [] : this.library.encode(text, { add_special_tokens: false }).ids
  }
}
