import type { Sample } from '../stack/sampler.js'

/** A line of a chart. */
interface Line {
  name: string
  /** One for each sample; undefined while there was nothing to measure. */
  values: (number | undefined)[]
}

const [width, height, left, top, gap] = [860, 130, 60, 34, 58]
const colours = ['#0b62a4', '#d1495b', '#2e8b57', '#e08e0b', '#7a4fb5', '#3f7d8c']

const niceTop = (most: number): number => {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1)))
  return Math.ceil(Math.max(most, 1) / unit) * unit
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** One panel: axes from zero, a line for each name, and its name in its colour above. */
function panel(title: string, lines: readonly Line[], seconds: readonly number[], y: number): string {
  const most = niceTop(Math.max(...lines.flatMap(({ values }) => values.map((value) => value ?? 0))))
  const last = seconds.at(-1) || 1
  const at = (index: number, value: number) =>
    `${(left + (seconds[index]! / last) * width).toFixed(1)},${(y + height - (value / most) * height).toFixed(1)}`
  const parts = [
    `<text x="${left}" y="${y - 10}" font-weight="bold">${escape(title)}</text>`,
    ...[0, 0.5, 1].map((share) => {
      const level = y + height - share * height
      return `<line x1="${left}" x2="${left + width}" y1="${level}" y2="${level}" stroke="#ddd"/><text x="${left - 6}" y="${level + 4}" text-anchor="end">${most * share}</text>`
    }),
  ]
  let x = left + width
  for (const [place, { name, values }] of [...lines.entries()].reverse()) {
    const colour = colours[place % colours.length]!
    // a process that was down leaves a gap
    const runs: string[][] = [[]]
    for (const [index, value] of values.entries())
      if (value === undefined) runs.push([])
      else runs.at(-1)!.push(at(index, value))
    parts.push(
      ...runs
        .filter((run) => run.length > 1)
        .map((run) => `<polyline points="${run.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`),
      `<text x="${x}" y="${y - 10}" text-anchor="end" fill="${colour}">${escape(name)}</text>`,
    )
    x -= name.length * 7 + 14
  }
  return parts.join('\n')
}

/** What a soak measured, as an SVG picture: a panel each for memory, handles, connections, disk and temporary files. */
export function chart(samples: readonly Sample[]): string {
  const seconds = samples.map((sample) => sample.seconds)
  const names = [...new Set(samples.flatMap(({ memory }) => Object.keys(memory)))].sort()
  const each = (of: (sample: Sample) => Record<string, number>) =>
    names.map((name) => ({ name, values: samples.map((sample) => of(sample)[name]) }))
  const one = (name: string, of: (sample: Sample) => number) => [{ name, values: samples.map(of) }]
  const panels: [string, Line[]][] = [
    ['Memory, MiB, children included', each(({ memory }) => memory)],
    ['Open files and sockets', each(({ handles }) => handles)],
    ['Connections to Postgres', one('all', ({ connections }) => connections)],
    ['Disk, MiB: data, logs', one('all', ({ disk }) => disk)],
    ['Temporary files', one('all', ({ temporaryFiles }) => temporaryFiles)],
    ['Generations ended', one('all', ({ ended }) => ended)],
  ]
  const whole = top + panels.length * (height + gap)
  const minutes = ((seconds.at(-1) ?? 0) / 60).toFixed(0)
  const body = panels.map(([title, lines], index) => panel(title, lines, seconds, top + 10 + index * (height + gap)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 30} ${whole}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${body.join('\n')}
<text x="${left + width}" y="${whole - 10}" text-anchor="end">0 to ${minutes} minutes</text>
</svg>
`
}
