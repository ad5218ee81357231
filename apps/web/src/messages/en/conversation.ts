/** Words of the thread: turns, pictures, what is under way. */
export const conversation = {
  lostTurn: 'This turn was deleted, or it never existed. This is the rest of the conversation.',
  sending: 'Sending …',
  welcome: 'Describe a picture. Then say what to change.',
  waiting: (ahead: number | null) => (ahead === null ? 'Waiting' : ahead === 0 ? 'Next in line' : `${ahead} ahead`),
  reading: 'Starting',
  step: (step: number, steps: number) => `Step ${step} of ${steps}`,
  attempt: (attempt: number) => `attempt ${attempt}`,
  eta: (seconds: number) => {
    if (seconds < 90) return `about ${seconds}\u00a0s`
    const minutes = Math.round(seconds / 60)
    return minutes < 90 ? `about ${minutes}\u00a0min` : `about ${Math.round(minutes / 60)}\u00a0h`
  },
  /** Parts of one line, such as `1 ahead · about 2 s`. */
  together: (parts: string[]) => parts.join(' · '),
  progress: 'Progress',
  cancel: 'Cancel',
  cancelAll: 'Cancel all',
  cancelled: (count: number) => (count === 1 ? 'Cancelled.' : `${count} pictures were cancelled.`),
  failed: 'The model failed. Try again, or change the instruction.',
  tryAgain: 'Try again',
  notLoaded: 'This picture could not be loaded.',
  previewOf: (instruction: string) => `Preview of: ${instruction}`,
  showOnStage: 'Show this picture',
  shown: 'Your next instruction edits this picture',
  size: (width: number, height: number) => `${width} × ${height}`,
  elsewhere: (count: number) =>
    count === 1 ? 'One more is being made in another version' : `${count} more are being made in other versions`,
  show: 'Show',
  turns: 'Turns',
  tools: 'This turn',
  versions: 'Versions of this turn',
  previousVersion: 'Previous version',
  nextVersion: 'Next version',
  versionOf: (index: number, count: number) => `${index} / ${count}`,
  edit: 'Edit and resend',
  editLong: 'Edit and resend',
  newSeed: 'Again with a new seed',
  more: 'More for this turn',
  details: 'What the model saw',
  map: 'Map of the conversation',
  copyLink: 'Copy link',
  linkCopied: 'The link is copied.',
  delete: 'Delete',
  deleteTitle: 'Delete this turn?',
  deleteNote: 'Its pictures are deleted with it, for good.',
  deleted: 'Deleted.',
  heldTitle: 'This turn cannot be deleted yet',
  heldBy: (count: number) =>
    count === 1
      ? 'Another turn builds on this one. Delete that one first.'
      : `${count} other turns build on this one. Delete them first, the newest first.`,
  showHolder: 'Show it',
  thePicture: 'the picture',
  uploadedPicture: 'Uploaded picture',
  earlierPicture: 'Earlier picture',
  withMask: (picture: string) => `${picture}, with a mask`,
  ready: (instruction: string) => `Picture ready: ${instruction}`,
  notReady: (instruction: string) => `No picture: ${instruction}`,
}
