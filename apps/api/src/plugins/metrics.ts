import { once } from 'node:events'
import { createServer } from 'node:http'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ApiContext } from '../api-context.js'
import { authGate } from '../auth.js'
import { workerSeconds } from '../check-health.js'

const freshMs = 5000
const rank = ['waiting', 'active', 'delayed', 'failed'] as const

/** Metrics for Prometheus. */
class Metrics {
  readonly registry = new Registry()
  private readonly requests = new Histogram({
    name: 'atelier_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  })
  private readonly jobs = this.gauge('atelier_queue_jobs', 'Jobs of the queue by state', 'state')
  private readonly ended = this.gauge('atelier_generations', 'Ended generations by status', 'status')
  private readonly workers = this.gauge('atelier_workers', 'Workers that have reported lately, by state', 'state')
  private readonly devices = new Gauge({
    name: 'atelier_worker_devices',
    help: 'Workers that have reported lately, by device: as set, as used, and whether auto fell back to the CPU',
    labelNames: ['requested', 'device', 'fallback'] as const,
    registers: [this.registry],
  })
  private readonly transactions = new Gauge({
    name: 'atelier_database_transactions_total',
    help: 'Transactions that the database has carried out',
    registers: [this.registry],
  })
  private readAt = 0
  private reading: Promise<void> | undefined

  constructor(private readonly context: Pick<ApiContext, 'database' | 'queue' | 'logger'>) {
    collectDefaultMetrics({ register: this.registry })
  }

  /** @param route - the route's pattern, not the address: addresses are too many @param seconds - time to answer */
  observe(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status: String(status) }, seconds)
  }

  /** The text that Prometheus reads. Database and queue are queried at most every five seconds. */
  async text(): Promise<string> {
    if (Date.now() - this.readAt > freshMs) {
      this.reading ??= this.read().finally(() => {
        this.reading = undefined
      })
      await this.reading
    }
    return this.registry.metrics()
  }

  close(): void {
    this.registry.clear()
  }

  private gauge(name: string, help: string, label: string) {
    return new Gauge({ name, help, labelNames: [label], registers: [this.registry] })
  }

  private async read(): Promise<void> {
    this.readAt = Date.now()
    const { database, queue, logger } = this.context
    const parts = [
      queue.counts().then((counts) => {
        for (const state of rank) this.jobs.set({ state }, counts[state])
      }),
      database.admin.transactions().then((count) => this.transactions.set(count)),
      database.admin.ended().then((counts) => {
        for (const [status, count] of Object.entries(counts)) this.ended.set({ status }, count)
      }),
      database.admin.workers(workerSeconds).then((workers) => {
        for (const state of ['loading', 'ready', 'busy', 'unhealthy', 'stopping'])
          this.workers.set({ state }, workers.filter((worker) => worker.state === state).length)
        this.devices.reset()
        for (const { deviceRequested: requested, device, deviceFallback } of workers)
          this.devices.inc({ requested, device, fallback: String(deviceFallback !== null) })
      }),
    ]
    for (const result of await Promise.allSettled(parts)) {
      if (result.status === 'rejected') logger.warn({ err: result.reason as unknown }, 'some metrics could not be read')
    }
  }
}

/**
 * `GET /metrics` for a key with the scope `admin`, and the measuring of every answer. With `settings.metrics` the same
 * text, without key, at a port of its own.
 */
export const metrics = (context: ApiContext): FastifyPluginAsync =>
  fastifyPlugin(async (app) => {
    const collector = new Metrics(context)
    app.addHook('onResponse', (request, reply, done) => {
      collector.observe(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1000)
      done()
    })
    app.addHook('onClose', async () => collector.close())
    await app.register(async (keyed) => {
      await keyed.register(authGate(context))
      keyed.get(
        '/metrics',
        {
          config: { scope: 'admin' },
          schema: { tags: ['health'], summary: 'Metrics for Prometheus', produces: ['text/plain'] },
        },
        async (_request, reply) => reply.type(collector.registry.contentType).send(await collector.text()),
      )
    })
    const { metrics: place } = context.settings
    if (place) await servePrivately(app, place, collector)
  })

/** Serves nothing but the metrics at an address that only the operator's network reaches. */
async function servePrivately(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
  collector: Metrics,
): Promise<void> {
  const server = createServer((request, answer) => {
    const found = request.method === 'GET' && request.url === '/metrics'
    void (found ? collector.text() : Promise.resolve('')).then(
      (text) => answer.writeHead(found ? 200 : 404, { 'Content-Type': collector.registry.contentType }).end(text),
      () => answer.writeHead(503).end(),
    )
  })
  app.addHook('preClose', (done) => {
    server.closeAllConnections()
    server.close(() => done())
  })
  app.addHook('onReady', async () => {
    server.listen(port, host)
    await once(server, 'listening')
  })
}
