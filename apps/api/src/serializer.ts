import type {
  Generation,
  Image,
  LiveEvent,
  LogEventName,
  SessionWithTurns,
  TurnWithGenerations,
} from '@atelier/contracts'
import type { GenerationRow, ImageRow, LogEventRow, SessionTree, TurnRow } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'

/** Turns rows into what callers see, with freshly signed URLs of pictures. */
export class Serializer {
  /**
   * @param options.linkSeconds - how long the URLs are valid
   * @param options.basePath - what the outside puts before the paths of this API; none by default
   */
  constructor(
    private readonly objects: Pick<ObjectStore, 'url'>,
    private readonly options: { linkSeconds: number; basePath?: string },
  ) {}

  /** A picture with fresh URLs. */
  async image(row: ImageRow): Promise<Image> {
    const { id, kind, width, height, contentType, bytes, generationId, createdAt } = row
    const [url, thumbnailUrl] = await Promise.all([this.url(row.objectKey), this.url(row.thumbnailKey)])
    return { id, kind, width, height, contentType, bytes, url, thumbnailUrl, generationId, createdAt }
  }

  /** A generation with its pictures. */
  async generation({ queueTag: _queueTag, ...row }: GenerationRow): Promise<Generation> {
    // what older versions wrote to the log has no priority
    return {
      ...row,
      priority: row.priority ?? 'interactive',
      images: await this.all(row.images, (image) => this.image(image)),
    }
  }

  /** A turn with its generations. */
  async turn(row: TurnRow): Promise<TurnWithGenerations> {
    return { ...row, generations: await this.all(row.generations, (generation) => this.generation(generation)) }
  }

  /** A session with everything in it. */
  async session(row: SessionTree): Promise<SessionWithTurns> {
    const turns = await this.all(row.turns, async (turn) => ({
      ...(await this.turn(turn)),
      siblingIds: turn.siblingIds,
    }))
    return { ...row, turns }
  }

  /** An event of the log as clients receive it. */
  async event({ type, seq, createdAt, payload }: LogEventRow): Promise<LiveEvent> {
    return { type, seq, createdAt, ...payload, ...(await this.rowsOf(type, payload)) } as LiveEvent
  }

  /** Serializes rows in order. */
  async all<R, T>(rows: readonly R[], serialize: (row: R) => Promise<T>): Promise<T[]> {
    return Promise.all(rows.map(serialize))
  }

  private async rowsOf(type: LogEventName, payload: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (type === 'turn-created')
      return { generations: await this.all(payload.generations as GenerationRow[], (row) => this.generation(row)) }
    if (type === 'generation-succeeded')
      return { images: await this.all(payload.images as ImageRow[], (row) => this.image(row)) }
    return {}
  }

  private async url(key: string): Promise<string> {
    const { linkSeconds, basePath = '' } = this.options
    const url = await this.objects.url(key, { expiresInSeconds: linkSeconds })
    return url.startsWith('/') ? basePath + url : url
  }
}
