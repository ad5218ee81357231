const punctuation = /[‘’‚“”„«»‹›–—…•]/

/** Nobody's text was damaged more often; each time doubles its length. Bounds the time by that of as many passes. */
const mostPasses = 12

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Repairs UTF-8 that was read as Windows-1252 or Latin-1 (`CafÃ©` → `Café`), also when that happened several times.
 * Works on each stretch of characters that looks like it, and leaves the rest alone. Hand-written because there is no
 * maintained JavaScript port of ftfy, which the reference uses.
 */
export function fixMojibake(text: string): string {
  let current = text
  for (let pass = 0; pass < mostPasses; pass++) {
    const fixed = current.replace(/[^\0-\x7f]+/gu, repairStretch)
    if (fixed === current) return current
    current = fixed
  }
  return current
}

/** Replaces the UTF-8 sequences in a stretch without ASCII. */
function repairStretch(stretch: string, offset: number, whole: string): string {
  const characters = Array.from(stretch)
  const bytes = characters.map(windows1252Byte)
  const sequences: Sequence[] = []
  for (let at = 0; at < bytes.length;) {
    const sequence = sequenceAt(bytes, at)
    if (sequence) sequences.push(sequence)
    at += sequence?.length ?? 1
  }
  const around = { before: whole[offset - 1] ?? '', after: whole[offset + stretch.length] ?? '' }
  const believable = sequences.filter((one, index) =>
    isBelievable(one, touches(one, sequences[index - 1], sequences[index + 1]), characters, around),
  )
  let result = ''
  let at = 0
  for (const { start, length, decoded } of believable) {
    result += characters.slice(at, start).join('') + decoded
    at = start + length
  }
  return result + characters.slice(at).join('')
}

/** A run of characters whose bytes are one character of UTF-8. */
interface Sequence {
  start: number
  length: number
  decoded: string
}

/** The ASCII characters next to a stretch; empty at an end of the text. */
interface Around {
  before: string
  after: string
}

/** Whether another sequence stands next to a pair. */
const touches = ({ start, length }: Sequence, before: Sequence | undefined, after: Sequence | undefined): boolean =>
  (before !== undefined && before.start + before.length === start) ||
  (after !== undefined && after.start === start + length)

function sequenceAt(bytes: readonly (number | undefined)[], start: number): Sequence | undefined {
  const lead = bytes[start]
  const length = lead === undefined ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0
  const part = bytes.slice(start, start + length)
  if (length === 0 || part.length < length) return undefined
  // what is no continuation would cost an exception
  if (!part.every((byte, at) => byte !== undefined && (at === 0 || (byte >= 0x80 && byte < 0xc0)))) return undefined
  try {
    return { start, length, decoded: utf8.decode(Uint8Array.from(part as number[])) }
  } catch {
    return undefined
  }
}

/**
 * Two characters can also stand together by chance: `CAFÉ”` ends in É and a quotation mark, `Spaß»` in ß and another.
 * Sequences of three or four bytes, and pairs that begin with Â, Ã (Western letters), Ä or Å (Central European ones),
 * are taken for damage; other pairs only when a second sequence touches them. A pair that ends in a quotation mark, a
 * dash or the like needs more: no capital before it, and for Ä and Å a letter after it.
 */
function isBelievable(
  { start, length }: Sequence,
  touched: boolean,
  characters: readonly string[],
  around: Around,
): boolean {
  if (length > 2) return true
  const lead = characters[start]!
  if (touched) return true
  if (!/[ÂÃÄÅ]/.test(lead)) return false
  if (!punctuation.test(characters[start + 1]!)) return true
  if (/\p{Lu}/u.test(characters[start - 1] ?? around.before)) return false
  return /[ÂÃ]/.test(lead) || /\p{L}/u.test(characters[start + 2] ?? around.after)
}

const windows1252Names = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

const windows1252Bytes = new Map<string, number>()
for (let byte = 0x80; byte <= 0xff; byte++) windows1252Bytes.set(String.fromCharCode(byte), byte)
Array.from(windows1252Names, (character, index) => windows1252Bytes.set(character, 0x80 + index))

/**
 * The byte that a character above ASCII stands for in Windows-1252 or, where that leaves a gap or the text went through
 * Latin-1 instead, in Latin-1. Undefined for characters that are in neither.
 */
function windows1252Byte(character: string): number | undefined {
  return windows1252Bytes.get(character)
}
