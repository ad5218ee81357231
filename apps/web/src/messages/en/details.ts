/** Words of details. */
export const details = {}
