/** Words of keys. */
export const keys = {}
