const language = () => document.documentElement.lang

/** A number as people write it. */
export const numberOf = (value: number): string => value.toLocaleString(language())

/** A size in bytes for people: at most three digits and a unit. */
export function bytesOf(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0)
  const value = bytes / 1000 ** power
  return new Intl.NumberFormat(language(), {
    style: 'unit',
    unit: units[power]!,
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value)
}
