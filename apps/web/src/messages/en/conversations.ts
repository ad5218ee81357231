/** Words of conversations. */
export const conversations = {}
