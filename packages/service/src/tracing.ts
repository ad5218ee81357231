import { isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Context, Span } from '@opentelemetry/api'
import { traceIdOf, traceParentOf, trail, withTrail } from './trail.js'

const tracer = () => trace.getTracer('atelier')

/**
 * Sends traces to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names; without it nothing is loaded and nothing is
 * recorded. OpenTelemetry reads its other variables, such as `OTEL_TRACES_SAMPLER`, itself. Once in a process.
 *
 * @param service - name of the process, unless `OTEL_SERVICE_NAME` says otherwise
 * @param options.atOnce - sends each span when it ends, for a process that may be killed
 * @returns sends what is left and ends it
 */
export async function startTracing(
  service: string,
  { atOnce = false }: { atOnce?: boolean } = {},
): Promise<() => Promise<void>> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: name = service } = process.env
  if (!endpoint) return async () => {}
  const [
    { BatchSpanProcessor, NodeTracerProvider, SimpleSpanProcessor },
    { resourceFromAttributes },
    { OTLPTraceExporter },
  ] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': name }),
    spanProcessors: [new (atOnce ? SimpleSpanProcessor : BatchSpanProcessor)(new OTLPTraceExporter())],
  })
  trace.setGlobalTracerProvider(provider)
  return () => provider.shutdown().catch(() => {})
}

/** A `traceparent` as the parent of a span; none: it begins a trace. */
function parentOf(traceParent: string | undefined): Context {
  const traceId = traceIdOf(traceParent)
  if (traceId === undefined) return ROOT_CONTEXT
  const [, , spanId, flags] = traceParent!.split('-') as [string, string, string, string]
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true })
}

/** The `traceparent` of what happens within a span; that of its parent when nothing is recorded. */
function withinOf(span: Span, parent: string | undefined): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  if (!isSpanContextValid(span.spanContext())) return traceParentOf(parent)
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** A span for a request that a server answers. */
export interface RequestSpan {
  /** Of what happens within it. */
  traceParent: string
  /** It was answered. */
  end(attributes: Attributes, failed: boolean): void
}

/** Begins the span of a request. @param sent - the caller's `traceparent`, if any */
export function startRequestSpan(name: string, sent: unknown): RequestSpan {
  const parent = typeof sent === 'string' ? sent : undefined
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER }, parentOf(parent))
  return {
    traceParent: withinOf(span, parent),
    end: (attributes, failed) => {
      span.setAttributes(attributes)
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}

/** Runs something in a span below the one of the present trail; what it throws is the span's error. */
export async function inSpan<T>(name: string, attributes: Attributes, run: () => Promise<T>): Promise<T> {
  const { traceParent: parent } = trail()
  const span = tracer().startSpan(name, { attributes }, parentOf(parent))
  try {
    return await withTrail({ traceParent: withinOf(span, parent) }, run)
  } catch (error) {
    // the kind alone: messages may quote what people wrote
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
    throw error
  } finally {
    span.end()
  }
}

/** Records a span below the one of the present trail that is over already. Times are Unix times in milliseconds. */
export function recordSpan(name: string, begin: number, end: number, attributes: Attributes = {}): void {
  tracer().startSpan(name, { attributes, startTime: begin }, parentOf(trail().traceParent)).end(end)
}
