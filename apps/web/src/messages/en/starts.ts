/** Words of what a new conversation can begin with. */
export const starts = {
  title: 'Begin with one of these',
  note: (model: string) => `Made by ${model}, the model that runs here. One click does the same for you.`,
  kinds: {
    create: 'Create',
    edit: 'Edit',
    mask: 'Paint into a mask',
    outpaint: 'Extend',
    reference: 'Use a reference',
    undo: 'Ask for something back',
  },
}
