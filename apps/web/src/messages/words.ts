import { en, type Messages } from './en.js'

/** The words of the page. A translation takes the place of `en` here. */
export const words: Messages = en
