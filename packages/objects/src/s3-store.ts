import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { boundedCall } from './bounded-call.js'
import {
  checkKey,
  defaultUrlSeconds,
  ObjectNotFoundError,
  type CallOptions,
  type ObjectInfo,
  type ObjectStore,
} from './object-store.js'

/** Where an S3 bucket is. */
export interface S3Settings {
  bucket: string
  /** Base URL of a compatible service; left out: AWS. */
  endpoint?: string
  /** Base URL that readers of the links reach it by, when that is another one than `endpoint`. */
  publicEndpoint?: string
  region: string
  /** Left out: the SDK's own search (environment, role of the machine …). */
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/** Objects in a bucket of S3 or a compatible service; URLs are presigned and go to the bucket, not through the API. */
export class S3Store implements ObjectStore {
  readonly signedPaths = null
  private readonly client: S3Client
  /** Signs links; it sends nothing. */
  private readonly signer: S3Client
  private readonly bucket: string

  constructor(settings: S3Settings) {
    this.client = openS3Client(settings)
    const { publicEndpoint } = settings
    this.signer = publicEndpoint ? openS3Client({ ...settings, endpoint: publicEndpoint }) : this.client
    this.bucket = settings.bucket
  }

  async put(
    key: string,
    body: Uint8Array,
    { contentType, signal }: { contentType: string } & CallOptions,
  ): Promise<void> {
    const command = { ...this.place(key), Body: body, ContentType: contentType, ContentLength: body.length }
    await this.call(signal, (abortSignal) => this.client.send(new PutObjectCommand(command), { abortSignal }))
  }

  get(key: string, { signal }: CallOptions = {}): Promise<Uint8Array> {
    return this.call(signal, async (abortSignal) => {
      try {
        const { Body } = await this.client.send(new GetObjectCommand(this.place(key)), { abortSignal })
        return Body ? await Body.transformToByteArray() : new Uint8Array(0)
      } catch (error) {
        throw isAbsent(error) ? new ObjectNotFoundError(key, { cause: error }) : error
      }
    })
  }

  head(key: string): Promise<ObjectInfo | null> {
    return this.call(undefined, async (abortSignal) => {
      try {
        const found = await this.client.send(new HeadObjectCommand(this.place(key)), { abortSignal })
        return { key, bytes: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) }
      } catch (error) {
        if (isAbsent(error)) return null
        throw error
      }
    })
  }

  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    const command = new DeleteObjectCommand(this.place(key))
    await this.call(signal, (abortSignal) => this.client.send(command, { abortSignal }))
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    for await (const page of paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix: prefix })) {
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key) yield { key: Key, bytes: Size ?? 0, modifiedAt: LastModified ?? new Date(0) }
      }
    }
  }

  async url(
    key: string,
    { expiresInSeconds = defaultUrlSeconds }: { expiresInSeconds?: number } = {},
  ): Promise<string> {
    return getSignedUrl(this.signer, new GetObjectCommand(this.place(key)), { expiresIn: expiresInSeconds })
  }

  /** As the SDK makes it of region, endpoint and environment: the origin of the bucket's own address. */
  async publicOrigin(): Promise<string> {
    return new URL(await getSignedUrl(this.signer, new HeadBucketCommand({ Bucket: this.bucket }))).origin
  }

  /** Asks for the bucket; writes nothing, because probes come every few seconds and each write costs. */
  async check(): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }), { abortSignal: AbortSignal.timeout(2_000) })
  }

  async close(): Promise<void> {
    this.client.destroy()
    this.signer.destroy()
  }

  private call<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return boundedCall(signal, work, isRefusal)
  }

  private place(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: checkKey(key) }
  }
}

/** True for an answer that another try would get again: no right, no bucket, a bad signature. */
function isRefusal(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

/** True for the answers that mean "no such object"; that to HEAD has no body and cannot tell a missing bucket apart. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound')
}

/**
 * A client for one bucket. Path-style addresses, because compatible services seldom have a host name per bucket.
 * Checksums only where S3 demands them: compatible services differ in what they accept.
 */
function openS3Client({ endpoint, region, credentials }: S3Settings): S3Client {
  return withoutVersionNotice(
    () =>
      new S3Client({
        region,
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        maxAttempts: 4,
        requestHandler: {
          connectionTimeout: 2_000,
          // without a byte either way
          socketTimeout: 10_000,
          requestTimeout: 20_000,
          throwOnRequestTimeout: true,
        },
        ...(endpoint && { endpoint }),
        ...(credentials && { credentials }),
      }),
  )
}

/**
 * Runs a function without the notice that the AWS SDK gives on Node 20 about its versions of 2027. It is for whoever
 * raises the SDK's version, not for operators, and the SDK hides it only through the environment, which one package
 * owns. Other warnings pass. It can go when Node 22 is the oldest supported.
 */
function withoutVersionNotice<T>(make: () => T): T {
  const emitWarning = process.emitWarning
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes('NodeVersionSupportWarning')) emitWarning(warning, ...rest)
  }) as typeof process.emitWarning
  try {
    return make()
  } finally {
    process.emitWarning = emitWarning
  }
}
