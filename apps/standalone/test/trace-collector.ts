import { once } from 'node:events'
import { createServer } from 'node:http'

/** A span as it came in. */
export interface SeenSpan {
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
}

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: { name: string; traceId: string; spanId: string; parentSpanId?: string }[] }[]
  }[]
}

/** A collector of traces: OTLP over HTTP, as JSON. */
export interface TraceCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string
  spans: SeenSpan[]
  close(): void
}

/** Starts a collector at a free port. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: SeenSpan[] = []
  const server = createServer((request, answer) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      for (const { resource, scopeSpans } of (JSON.parse(text) as ExportRequest).resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue!
        for (const span of scopeSpans.flatMap((scope) => scope.spans))
          spans.push({ service, parentSpanId: undefined, ...span })
      }
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    spans,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
