import { once } from 'node:events'
import { createServer } from 'node:http'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** Upper bounds for times of calls, in seconds. */
export const callBuckets = [0.005, 0.02, 0.1, 0.5, 2, 10, 30]

/** A registry with the numbers of the process itself: CPU, memory, event-loop delay, garbage collection. */
export function processMetrics(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // gauges that are named like counters; the same by type, without the sum, stay
  for (const of of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${of}_total`)
  return registry
}

/**
 * Times of the calls to the object store.
 *
 * @returns called after each call
 */
export function storeMetrics(registry: Registry): (operation: string, result: string, seconds: number) => void {
  const name = 'atelier_object_store_call_duration_seconds'
  // an API and a worker in one process share it
  const calls =
    (registry.getSingleMetric(name) as Histogram | undefined) ??
    new Histogram({
      name,
      help: 'Time of a call to the object store, by operation and result',
      labelNames: ['operation', 'result'],
      buckets: callBuckets,
      registers: [registry],
    })
  return (operation, result, seconds) => calls.observe({ operation, result }, seconds)
}

/** Where metrics are served, at `GET /metrics` and nothing else, without a key. */
export interface MetricsPlace {
  host: string
  port: number
}

/** What is served. */
export interface MetricsText {
  contentType: string
  metrics(): Promise<string>
}

/**
 * Serves metrics at an address that only the operator's network reaches.
 *
 * @returns the port (of `port: 0`), and what ends it
 * @throws when the port is taken
 */
export async function serveMetrics(
  { host, port }: MetricsPlace,
  source: MetricsText,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, answer) => {
    const found = request.method === 'GET' && request.url === '/metrics'
    void (found ? source.metrics() : Promise.resolve('')).then(
      (text) => answer.writeHead(found ? 200 : 404, { 'Content-Type': source.contentType }).end(text),
      () => answer.writeHead(503).end(),
    )
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
