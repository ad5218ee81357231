import type { Span } from './span-collector.js'

/** What the caller saw of a turn; Unix times in milliseconds. */
export interface SeenTurn {
  generationId: string
  sent: number
  answered: number
  /** When the socket told `generation-succeeded`. */
  succeeded: number
  /** When the bytes of the picture had arrived. */
  shown: number
}

/** The parts of the way from POST to `succeeded`, in order. */
export const parts = [
  'POST to its answer',
  'answer to claim (below 0: claimed before)',
  'claim',
  'fetch pictures',
  'to and from the model',
  "the model's own time",
  'last look for a cancel',
  'PNG, thumbnail, store',
  'last writes',
  'event to the socket',
] as const

/** Milliseconds of each of {@link parts}; their sum is the time from POST to `succeeded`. */
export type Split = Record<(typeof parts)[number], number>

/**
 * Where the time of a turn went.
 *
 * @param spans - of all turns
 * @throws Error when the trace of this one is not complete
 */
export function splitTurn({ generationId, sent, answered, succeeded }: SeenTurn, spans: readonly Span[]): Split {
  const traceId = spans.find((span) => span.generationId === generationId)?.traceId
  const own = new Map(spans.filter((span) => span.traceId === traceId).map((span) => [span.name, span]))
  const span = (name: string): Span => {
    const found = own.get(name)
    if (!found) throw new Error(`the trace of ${generationId} has no span ${name}`)
    return found
  }
  const [claim, fetch, model, store, attempt] = ['claim', 'fetch', 'model', 'store', 'attempt'].map(span) as [
    Span,
    Span,
    Span,
    Span,
    Span,
  ]
  const modelMs = ['encode', 'denoise', 'decode'].map(span).reduce((sum, { begin, end }) => sum + end - begin, 0)
  return {
    'POST to its answer': answered - sent,
    'answer to claim (below 0: claimed before)': claim.begin - answered,
    claim: fetch.begin - claim.begin,
    'fetch pictures': fetch.end - fetch.begin,
    'to and from the model': model.end - fetch.end - modelMs,
    "the model's own time": modelMs,
    'last look for a cancel': store.begin - model.end,
    'PNG, thumbnail, store': store.end - store.begin,
    'last writes': attempt.end - store.end,
    'event to the socket': succeeded - attempt.end,
  }
}
