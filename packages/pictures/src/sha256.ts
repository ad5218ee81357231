/**
 * SHA-256, hexadecimal. Asynchronous because it runs off the event loop: hashing a large file would hold up requests,
 * and a worker's loop must keep its job's lock.
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)).toString('hex')
}
