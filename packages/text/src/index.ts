export { cleanText, fixText, type Cleaning } from './clean-text.js'
export { ModelText } from './model-text.js'
export { Tokenizer, type TokenizerSettings } from './tokenizer.js'
