import type { Side } from '../../stage/frame/frame-geometry.js'

/** Words of the frame editor. */
export const frame = {
  title: 'Extend',
  help: 'Drag a side outwards. The model draws what is missing.',
  helpKeys: 'Alt moves both sides.',
  side: {
    top: 'Room above',
    right: 'Room to the right',
    bottom: 'Room below',
    left: 'Room to the left',
  } satisfies Record<Side, string>,
  room: (pixels: number) => `${pixels} pixels`,
  added: (pixels: number) => `+${pixels}`,
  ratios: 'Ratio',
  ratio: (width: number, height: number) => `${width}:${height}`,
  around: 'All around',
  share: (percent: number) => `+${percent} %`,
  reset: 'Reset',
  size: (width: number, height: number) => `${width} × ${height}`,
  scaled: (width: number, height: number) => `the model draws it at about ${width} × ${height}`,
  use: 'Extend',
  saving: 'Making room …',
  close: 'Close',
  used: 'The larger picture is on your next turn. Say what belongs there, or send it as it is.',
  /** Of the larger picture. */
  name: (picture: string) => `${picture}, extended`,
  pictureAlt: 'The picture to extend',
}
