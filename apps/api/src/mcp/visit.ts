import { AtelierError } from '@atelier/contracts'
import type { ImageRow, OwnerRepositories } from '@atelier/database'
import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type CallToolResult,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { toAtelierError } from '../errors.js'
import { readImageObject } from '../images/image-objects.js'
import { orNotFound } from '../or-not-found.js'

/** Pictures up to so many bytes are shown to the agent as they are; of larger ones it sees the thumbnail, and a link. */
const shownBytes = 1024 * 1024

/** An item of a tool's result. */
export type Content = CallToolResult['content'][number]

/** An image as tools describe it. */
export interface ShownImage {
  [key: string]: unknown
  image_id: string
  width: number
  height: number
  /** Needs no key, and holds for some minutes. */
  url: string
}

/** One request of an agent: whose it is, and how pictures are shown to it. */
export class Visit {
  readonly owner: OwnerRepositories
  readonly logger: FastifyBaseLogger
  private readonly origin: string

  constructor(
    readonly context: ApiContext,
    { owner, log, protocol, host }: FastifyRequest,
    /** Aborted when this process stops. */
    readonly closing: AbortSignal,
  ) {
    this.owner = owner
    this.logger = log
    this.origin = `${protocol}://${host}`
  }

  /** An image in words. */
  async describe(image: ImageRow): Promise<ShownImage> {
    const { id, width, height, url } = await this.context.serializer.image(image)
    return { image_id: id, width, height, url: new URL(url, this.origin).href }
  }

  /** An image to look at, and a link to the whole of it. */
  async show(image: ImageRow): Promise<Content[]> {
    const whole = image.bytes <= shownBytes
    const file = await readImageObject(this.context.objects, whole ? image.objectKey : image.thumbnailKey)
    return [
      { type: 'image', data: base64(file), mimeType: whole ? image.contentType : 'image/webp' },
      {
        type: 'resource_link',
        uri: imageUri(image.id),
        name: image.id,
        mimeType: image.contentType,
        description: `${image.width} × ${image.height} pixels`,
      },
    ]
  }

  /** The file of an image. @throws AtelierError `not_found` */
  async file(id: string): Promise<{ blob: string; mimeType: string }> {
    const { objectKey, contentType } = orNotFound(await this.owner.images.get(id))
    return { blob: base64(await readImageObject(this.context.objects, objectKey)), mimeType: contentType }
  }

  /** Runs a tool. An error of ours becomes a result that says what to do, which the agent can read. */
  async run(work: () => Promise<CallToolResult>): Promise<CallToolResult> {
    try {
      return await work()
    } catch (error) {
      return { isError: true, content: [{ type: 'text', text: wordsOf(this.known(error, 'a tool failed')) }] }
    }
  }

  /** Reads a resource. An error of ours becomes one of the protocol, in our words. */
  async read<T>(uri: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const known = this.known(error, 'a resource could not be read')
      if (known.code === 'not_found') throw new ResourceNotFoundError(uri, wordsOf(known))
      throw new ProtocolError(ProtocolErrorCode.InternalError, wordsOf(known))
    }
  }

  /** An error as callers may see it; what is the server's fault is logged. */
  private known(error: unknown, what: string): AtelierError {
    const known = toAtelierError(error)
    if (known.status >= 500) this.logger.error({ err: known.cause ?? known }, what)
    return known
  }
}

/** Where an agent reads an image as a resource. */
export const imageUri = (id: string): string => `atelier://images/${id}`

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

const wordsOf = ({ code, message, details }: AtelierError): string =>
  `${code}: ${message}${details === undefined ? '' : ` ${JSON.stringify(details)}`}`

/** Tells the agent how far a call is, if it asked to be told. */
export function progressOf({ mcpReq }: ServerContext): (progress: number, total: number, message: string) => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => {}
  return (progress, total, message) => {
    const params = { progressToken, progress, total, message }
    // who has gone needs no progress
    void mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
  }
}
