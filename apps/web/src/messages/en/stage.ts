/** Words of the stage. */
export const stage = {
  empty: 'Your picture appears here.',
  back: 'Back to the conversation',
}
