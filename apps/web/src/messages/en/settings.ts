/** Words of the settings of a turn. */
export const settings = {
  title: 'Settings',
  changed: 'Changed settings',
  reset: (name: string) => `Reset: ${name}`,
  model: 'Model',
  size: 'Size',
  close: 'Close the settings',
  sizeOfEdit: 'An edit has the size of the picture that is edited.',
  width: 'Width in pixels',
  height: 'Height in pixels',
  preset: (ratio: string, width: number, height: number) => `${ratio}, ${width} by ${height} pixels`,
  count: 'Variations',
  seed: 'Seed',
  seedRandom: 'Random each time',
  lockSeed: 'Keep the seed',
  unlockSeed: 'Random seed each time',
  rollSeed: 'Another seed',
  noSeed: (most: string) => `A seed is a whole number from 0 to ${most}.`,
  negativePrompt: 'Avoid',
  negativePromptHint: 'What should not be in the picture',
  sampling: 'Sampling',
  steps: 'Steps',
  stepsHelp: 'More steps are slower and can be finer.',
  guidance: 'Guidance',
  guidanceHelp: 'How closely the picture follows the instruction. 1 is off.',
  rescale: 'Guidance rescale',
  rescaleHelp: 'Tones down colours that high guidance makes too strong.',
  sampler: 'Sampler',
  speed: 'Speed',
  speeds: { exact: 'Exact', fast: 'Fast' },
  advanced: 'Advanced',
  interval: 'Guided part',
  intervalHelp: 'Which steps follow the instruction most closely. Steps outside this part take half the time.',
  intervalValue: (from: number, to: number) => `${from}–${to} %`,
  intervalEnds: { from: 'Beginning of the guided part', to: 'End of the guided part' },
  keepUnmasked: 'Outside the mask',
  keepUnmaskedModes: { auto: 'As the mask says', keep: 'Keep the pixels', free: 'May change' },
  keepUnmaskedHelp: {
    auto: 'A mask that erases keeps everything outside it, pixel by pixel; one that keeps does not.',
    keep: 'Everything outside the mask stays as it is, pixel by pixel.',
    free: 'The model may also change what is outside the mask, so that all fits together.',
  },
  samplers: { ddim: 'DDIM', 'dpm++2m': 'DPM++ 2M' },
  history: 'History',
  historyModes: { lineage: 'This branch', session: 'Everything', none: 'Nothing' },
  historyHelp: {
    lineage: 'The model sees the turns that led to this picture.',
    session: 'The model sees the latest turns of all branches.',
    none: 'The model sees this turn alone.',
  },
  historyLimit: 'Turns of history',
  outlook: 'What the model will see',
  outlookNew: 'Your instruction',
  dropped: (count: number) => (count === 1 ? 'One older turn does not fit.' : `${count} older turns do not fit.`),
  historyChip: (mode: 'lineage' | 'session' | 'none', limit?: number) =>
    mode === 'none'
      ? 'No history'
      : `${mode === 'session' ? 'Whole history' : 'History'}${limit === undefined ? '' : `: ${limit}`}`,
  chip: (name: string, value: unknown): string => {
    switch (name) {
      case 'steps':
        return `${String(value)} steps`
      case 'guidanceScale':
        return `Guidance ${String(value)}`
      case 'guidanceRescale':
        return `Rescale ${String(value)}`
      case 'seed':
        return `Seed ${String(value)}`
      case 'count':
        return `${String(value)} variations`
      case 'negativePrompt':
        return `Avoid ${String(value)}`
      case 'sampler':
        return value === 'ddim' ? 'DDIM' : 'DPM++ 2M'
      case 'speed':
        return value === 'fast' ? 'Fast' : 'Exact'
      case 'guidanceInterval':
        return Array.isArray(value)
          ? `Guided ${Math.round(Number(value[0]) * 100)}–${Math.round(Number(value[1]) * 100)} %`
          : 'Guided throughout'
      case 'keepUnmasked':
        return value ? 'Keep outside the mask' : 'Outside the mask may change'
      default:
        return `${name} ${String(value)}`
    }
  },
}
