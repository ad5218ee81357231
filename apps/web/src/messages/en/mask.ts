/** Words of mask. */
export const mask = {}
