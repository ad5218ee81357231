/** Words of the settings of a turn. */
export const settings = {
  title: 'Settings',
  changed: 'Changed settings',
  reset: (name: string) => `Reset: ${name}`,
  model: 'Model',
  size: 'Size',
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
  negativePrompt: 'Avoid',
  negativePromptHint: 'What should not be in the picture',
  sampling: 'Sampling',
  steps: 'Steps',
  stepsHelp: 'More steps are slower and can be finer.',
  guidance: 'Guidance',
  guidanceHelp: 'How closely the picture follows the instruction. 1 is off.',
  rescale: 'Guidance rescale',
  rescaleHelp: 'Takes back too strong colours of a high guidance.',
  sampler: 'Sampler',
  samplers: { ddim: 'DDIM', 'dpm++2m': 'DPM++ 2M' },
  history: 'History',
  historyModes: { lineage: 'This line', session: 'Everything', none: 'Nothing' },
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
      case 'keepUnmasked':
        return value ? 'Keep outside the mask' : 'Free outside the mask'
      default:
        return `${name} ${String(value)}`
    }
  },
}
