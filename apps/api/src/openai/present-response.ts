import { isTerminal } from '@atelier/contracts'
import type { GenerationRow, TurnRow } from '@atelier/database'
import { problemOf } from './door-error.js'
import type { ImagesCall } from './images-call.js'
import type { ImagePresenter } from './present-images.js'
import { theirId } from './responses-call.js'
import type { ImageCall, ResponseAnswer } from './responses-wire.js'

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000)

/** What of a call matters once its turn is made. */
export interface Asked {
  options: ImagesCall['options']
  background: boolean
  metadata: Record<string, string>
  /** Most previews on a stream. */
  partials: number
}

const statuses = {
  queued: 'queued',
  running: 'in_progress',
  succeeded: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
} as const

/** Shows turns as clients of OpenAI know responses. */
export class ResponsePresenter {
  constructor(
    readonly images: ImagePresenter,
    private readonly asked: Asked,
  ) {}

  /** The item of a picture that is not there yet. */
  item(turn: TurnRow, row: GenerationRow, status: ImageCall['status']): ImageCall {
    return {
      id: theirId(row.id),
      type: 'image_generation_call',
      status,
      result: null,
      action: turn.images.length ? 'edit' : 'generate',
      revised_prompt: null,
      ...this.images.made(row),
    }
  }

  /** The item of a picture. @throws AtelierError of {@link ImagePresenter.picture} */
  async finished(turn: TurnRow, row: GenerationRow): Promise<ImageCall> {
    const { b64_json: result = null, revised_prompt: revised = turn.instruction } = await this.images.picture(row)
    return { ...this.item(turn, row, 'completed'), result, revised_prompt: revised }
  }

  /** A response with what is there of it. @param output - its picture; left out: read here */
  async shown(turn: TurnRow, row: GenerationRow, output?: ImageCall[]): Promise<ResponseAnswer> {
    const made = row.status === 'succeeded' && row.images.length > 0
    const failed = isTerminal(row.status) && row.status !== 'cancelled' ? problemOf(row, row.id) : undefined
    return {
      id: theirId(turn.id),
      object: 'response',
      created_at: seconds(turn.createdAt),
      completed_at: row.finishedAt === null ? null : seconds(row.finishedAt),
      status: failed ? 'failed' : statuses[row.status],
      background: this.asked.background,
      error: failed ? { code: 'server_error', message: `${failed.parts.code}: ${failed.message}` } : null,
      incomplete_details: null,
      instructions: null,
      metadata: this.asked.metadata,
      model: row.model,
      output: output ?? (made ? [await this.finished(turn, row)] : []),
      previous_response_id: turn.parentTurnId === null ? null : theirId(turn.parentTurnId),
      parallel_tool_calls: false,
      tool_choice: 'auto',
      tools: [{ type: 'image_generation' }],
      temperature: null,
      top_p: null,
      usage: made ? await this.usage(row) : null,
      session_id: turn.sessionId,
      turn_id: turn.id,
      generation_id: row.id,
    }
  }

  private async usage(row: GenerationRow): Promise<ResponseAnswer['usage']> {
    const usage = await this.images.usage([row])
    return {
      ...usage,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    }
  }
}
