const types: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  json: 'application/json',
}

/**
 * Content type of a key by its extension, `application/octet-stream` for one it does not know. A folder keeps nothing
 * besides the bytes, so this is what its objects are served as; a stored file can never be served as a page.
 */
export function contentTypeOf(key: string): string {
  return types[/\.([a-z0-9]+)$/i.exec(key)?.[1]?.toLowerCase() ?? ''] ?? 'application/octet-stream'
}
