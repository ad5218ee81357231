import type {
  GenerationSummary,
  Image,
  ListedSession,
  LiveEvent,
  LogEventName,
  SessionWithTurns,
  TurnInTree,
  TurnPage,
} from '@atelier/contracts'
import type {
  GenerationRow,
  GenerationSummaryRow,
  ImageRow,
  ListedSessionRow,
  LogEventRow,
  PlacedTurnRow,
  SessionPageRow,
  TurnPageRow,
} from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'

/** Most bytes of JSON that the turns of one page have, unless a single one has more. */
export const pageBytes = 180 * 1024

interface WithImages {
  images: Image[]
}

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
  async generation<R extends GenerationRow | GenerationSummaryRow>(
    row: R,
  ): Promise<Omit<R, 'images' | 'queueTag'> & WithImages> {
    const { queueTag: _queueTag, ...rest } = row
    // what older versions wrote to the log has no priority
    const priority = row.priority ?? 'interactive'
    const images = await this.all(row.images, (image) => this.image(image))
    return { ...rest, priority, images } as Omit<R, 'images' | 'queueTag'> & WithImages
  }

  /** A turn with its newest generations and its place. */
  async turn(row: PlacedTurnRow): Promise<TurnInTree> {
    return { ...row, generations: await this.all(row.generations, (generation) => this.generation(generation)) }
  }

  /**
   * A page of turns with its cursors. A page of more than {@link pageBytes} is made shorter: turns at the far end are
   * left to the next page, but never all.
   */
  async turnPage({ turns, earlier, later, backwards }: TurnPageRow): Promise<TurnPage> {
    const shown: { turn: TurnInTree; cursor: string }[] = []
    let bytes = 0
    for (const { cursor, ...row } of backwards ? turns.toReversed() : turns) {
      const turn = await this.turn(row)
      bytes += Buffer.byteLength(JSON.stringify(turn))
      if (shown.length && bytes > pageBytes) break
      shown.push({ turn, cursor })
    }
    const cut = shown.length < turns.length
    if (backwards) shown.reverse()
    return {
      data: shown.map(({ turn }) => turn),
      before: (earlier || (cut && backwards)) && shown[0] ? shown[0].cursor : null,
      after: (later || (cut && !backwards)) && shown.length ? shown.at(-1)!.cursor : null,
    }
  }

  /** A session with a page of its turns. */
  async session({ session, page }: SessionPageRow): Promise<SessionWithTurns> {
    const { data, before, after } = await this.turnPage(page)
    return { ...session, turns: data, before, after }
  }

  /** A session as lists show it. */
  async listedSession({ session, image }: ListedSessionRow): Promise<ListedSession> {
    if (!image) return { ...session, image }
    const { id, width, height, thumbnailKey } = image
    return { ...session, image: { id, width, height, thumbnailUrl: await this.url(thumbnailKey) } }
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
      return { generations: await this.all(payload.generations as GenerationRow[], (row) => this.summary(row)) }
    if (type === 'generation-succeeded')
      return { images: await this.all(payload.images as ImageRow[], (row) => this.image(row)) }
    return {}
  }

  /** Logs of earlier versions have whole generations. */
  private async summary({ lcu: _lcu, historyDropped: _dropped, ...row }: GenerationRow): Promise<GenerationSummary> {
    return this.generation(row)
  }

  private async url(key: string): Promise<string> {
    const { linkSeconds, basePath = '' } = this.options
    const url = await this.objects.url(key, { expiresInSeconds: linkSeconds })
    return url.startsWith('/') ? basePath + url : url
  }
}
