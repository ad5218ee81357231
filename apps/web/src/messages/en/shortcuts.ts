/** Words of the sheet of shortcuts. */
export const shortcuts = {
  title: 'Shortcuts',
  show: 'Show the shortcuts',
  space: 'Space',
  groups: { composer: 'Writing', everywhere: 'Everywhere', stage: 'Picture', mask: 'Mask' },
  /** Keys of the instruction, as `keys`, what they do. */
  composer: [
    ['Enter', 'Send'],
    ['Shift+Enter', 'New line'],
    ['@', 'Mention a picture'],
    ['ArrowUp', 'Earlier instruction, in an empty field'],
    ['Alt+ArrowLeft', 'Move a picture of the turn'],
    ['Alt+ArrowRight', 'Move a picture of the turn'],
  ],
  write: 'Write an instruction',
  newConversation: 'New conversation',
  list: 'Show or hide the conversations',
  map: 'Map of the conversation',
}
