const language = () => document.documentElement.lang

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** How long ago a time was, in the largest unit of which there is at least one: “5 minutes ago”, “in 2 days”, “now”. */
export function agoOf(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000)
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[3]
  const format = new Intl.RelativeTimeFormat(language(), { numeric: Math.abs(seconds) < 1 ? 'auto' : 'always' })
  return format.format(Math.trunc(seconds / size), unit)
}

/** A length of time in its two largest units: “0.4 s”, “12 s”, “3 min 20 s”, “2 h 5 min”, “4 d 1 h”. */
export function lengthOf(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`
  const whole = Math.round(seconds)
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  return parts
    .slice(first, first + 2)
    .filter(([count], index) => index === 0 || count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** A moment with its seconds, in the browser's time zone. */
export const momentOf = (at: string): string =>
  new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at))
