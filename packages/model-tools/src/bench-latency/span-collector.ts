import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as it came in; times are Unix times in milliseconds. */
export interface Span {
  traceId: string
  name: string
  begin: number
  end: number
  /** Of its attributes: the generation that it is an attempt at. */
  generationId: string | undefined
}

interface ExportRequest {
  resourceSpans: {
    scopeSpans: {
      spans: {
        traceId: string
        name: string
        startTimeUnixNano: string
        endTimeUnixNano: string
        attributes?: { key: string; value: { stringValue?: string } }[]
      }[]
    }[]
  }[]
}

/** Collects traces: OTLP over HTTP, as JSON. */
export interface SpanCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string
  spans: readonly Span[]
  close(): void
}

const toMs = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1000n) / 1000

/** Starts a collector at a free port of this machine. */
export async function startSpanCollector(): Promise<SpanCollector> {
  const spans: Span[] = []
  const server = createServer((request, answer) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      const sent = (JSON.parse(text) as ExportRequest).resourceSpans.flatMap((resource) => resource.scopeSpans)
      for (const { traceId, name, startTimeUnixNano, endTimeUnixNano, attributes } of sent.flatMap(
        ({ spans }) => spans,
      ))
        spans.push({
          traceId,
          name,
          begin: toMs(startTimeUnixNano),
          end: toMs(endTimeUnixNano),
          generationId: attributes?.find(({ key }) => key === 'generationId')?.value.stringValue,
        })
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
