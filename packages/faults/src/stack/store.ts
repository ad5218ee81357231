import { mkdirSync } from 'node:fs'
import { openObjectStore, type ObjectStore } from '@atelier/objects'
import type { ObjectSettings } from '@atelier/service'
import { startS3Server } from '@atelier/testing/s3-server'
import type { Random } from '../random.js'

const bucket = 'atelier'

/** Where pictures are kept: an S3 server in this process, with its objects in memory, or a folder. */
export interface StorePart {
  kind: 'bucket' | 'folder'
  /** Undefined for a folder. */
  port?: number
  /** The environment of a process that reaches the store at this port. */
  env(port?: number): Record<string, string>
  /** The store as the checker reads it, past proxies and faults. */
  objects: ObjectStore
  /** The share of requests that are answered 503; 0 mends it. No effect on a folder. */
  fail(share: number): void
  /** Answers every request with this status instead, such as 403; undefined mends it. No effect on a folder. */
  refuse(status: number | undefined): void
  close(): Promise<void>
}

async function openBucket(random: Random): Promise<StorePart> {
  let [share, refused]: [number, number | undefined] = [0, undefined]
  const server = await startS3Server({
    intercept: ({ headers }) => {
      // the checker comes straight, everybody else through a proxy
      if (headers.host === new URL(server.endpoint).host) return undefined
      return refused ?? (share && random.chance(share) ? 503 : undefined)
    },
  })
  server.createBucket(bucket)
  const { endpoint, credentials } = server
  const objects = await openObjectStore({ kind: 's3', bucket, endpoint, region: 'us-east-1', credentials })
  return {
    kind: 'bucket',
    port: Number(new URL(endpoint).port),
    env: (port) => ({
      S3_BUCKET: bucket,
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_ACCESS_KEY_ID: credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    objects,
    fail: (value) => {
      share = value
    },
    refuse: (status) => {
      refused = status
    },
    close: async () => {
      await objects.close()
      await server.stop()
    },
  }
}

async function openFolder(directory: string): Promise<StorePart> {
  mkdirSync(directory, { recursive: true })
  const settings = { kind: 'folder', directory, signingSecret: 's'.repeat(32) } satisfies ObjectSettings
  const objects = await openObjectStore(settings)
  return {
    kind: 'folder',
    env: () => ({ OBJECTS_DIRECTORY: directory, URL_SIGNING_SECRET: settings.signingSecret }),
    objects,
    fail: () => {},
    refuse: () => {},
    close: () => objects.close(),
  }
}

/** Opens a store of this kind. @param directory - for a folder */
export const openStore = (kind: 's3' | 'folder', directory: string, random: Random): Promise<StorePart> =>
  kind === 's3' ? openBucket(random) : openFolder(directory)
