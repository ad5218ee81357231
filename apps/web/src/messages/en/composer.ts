/** Words of the composer and the settings of a turn. */
export const composer = {
  label: 'Instruction',
  placeholderNew: 'What would you like to see?',
  placeholderEdit: 'What would you like to change?',
  send: 'Send',
  upload: 'Add pictures',
  pictures: 'Pictures of this turn',
  edited: 'Edited',
  remove: 'Remove this picture',
  examples: 'Examples',
}
