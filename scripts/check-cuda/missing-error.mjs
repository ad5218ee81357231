/** The check cannot be made; the message says what is missing and how to get it. */
export class MissingError extends Error {}
