const named = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

const bytes = new Map<string, number>()
for (let byte = 0x80; byte <= 0xff; byte++) bytes.set(String.fromCharCode(byte), byte)
Array.from(named, (character, index) => bytes.set(character, 0x80 + index))

/**
 * The byte that a character above ASCII stands for in Windows-1252 or, where that leaves a gap or the text went through
 * Latin-1 instead, in Latin-1. Undefined for characters that are in neither.
 */
export function windows1252Byte(character: string): number | undefined {
  return bytes.get(character)
}
