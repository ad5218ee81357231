/** Joins the parts of a key so that no two lists of parts give the same key. */
export const cacheKey = (...parts: (string | null)[]): string => JSON.stringify(parts)
