/** Escapes text for an XML element. */
const escape = (text: string): string => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`)

/** One element; its content is text, or elements that are ready. */
export const element = (name: string, content: string | number | boolean | string[]): string =>
  `<${name}>${Array.isArray(content) ? content.join('') : escape(String(content))}</${name}>`

/** A document with this root. */
export const xmlDocument = (root: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${root}`
