import { createHmac, timingSafeEqual } from 'node:crypto'

/** Query of a signed URL, as strings from the wire. */
export interface UrlSignature {
  /** Unix time in seconds. */
  expires?: string | undefined
  /** HMAC-SHA256 of the key and `expires`, base64url. */
  signature?: string | undefined
}

/** Signs paths under `/objects/` so that whoever has the URL may read that one object for a while. */
export class UrlSigner {
  /** @param secret - at least 32 characters, the same in every API process */
  constructor(private readonly secret: string) {}

  /** Path and query that are valid until `expiresAt` (milliseconds). */
  sign(key: string, expiresAt: number): string {
    const expires = String(Math.ceil(expiresAt / 1000))
    return `/objects/${key}?expires=${expires}&signature=${this.digest(key, expires).toString('base64url')}`
  }

  /** True when the signature is ours, for this key, and has not expired. */
  verify(key: string, { expires, signature }: UrlSignature, now = Date.now()): boolean {
    if (!expires || !signature || !/^\d{1,12}$/.test(expires) || Number(expires) * 1000 < now) return false
    const given = Buffer.from(signature, 'base64url')
    const wanted = this.digest(key, expires)
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }

  private digest(key: string, expires: string): Buffer {
    return createHmac('sha256', this.secret).update(`${key}\n${expires}`).digest()
  }
}
