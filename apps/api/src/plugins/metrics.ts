import { workerReportSchema } from '@atelier/contracts'
import type { EndedCount, QueueDepth } from '@atelier/database'
import { callBuckets, serveMetrics, type Registry } from '@atelier/service'
import type { FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { Counter, Gauge, Histogram, type Metric } from 'prom-client'
import type { ApiContext } from '../api-context.js'
import { authGate } from '../auth.js'
import { workerSeconds } from '../check-health.js'

/** Database and queue are asked at most so often, in milliseconds. */
const freshMs = 5000
const jobStates = ['waiting', 'active', 'delayed', 'failed'] as const
const workerStates = workerReportSchema.shape.state.exclude(['lost']).options

/** Numbers that are read from a part when they are asked for. When it does not answer they are absent, not old. */
interface Source {
  metrics: Metric[]
  read(): Promise<void>
}

type Parts = Pick<ApiContext, 'database' | 'queue' | 'logger' | 'registry'>

/** The whole service as the database and the queue know it: the same in every API process. */
class ServiceMetrics {
  private readonly sources: Record<string, Source>
  private readonly up: Gauge
  private readAt = 0
  private reading: Promise<void> | undefined

  constructor(private readonly parts: Parts) {
    this.sources = { database: this.fromDatabase(), queue: this.fromQueue() }
    this.up = this.gauge(
      'atelier_metrics_source_up',
      'Whether a part answered when it was last asked for its numbers',
      ['source'],
    )
  }

  /** Reads again what is older than five seconds. */
  async refresh(): Promise<void> {
    if (Date.now() - this.readAt <= freshMs) return
    this.reading ??= this.read().finally(() => {
      this.reading = undefined
    })
    await this.reading
  }

  private async read(): Promise<void> {
    this.readAt = Date.now()
    await Promise.all(
      Object.entries(this.sources).map(async ([source, { metrics, read }]) => {
        for (const metric of metrics) metric.reset()
        try {
          await read()
          this.up.set({ source }, 1)
        } catch (error) {
          for (const metric of metrics) metric.reset()
          this.up.set({ source }, 0)
          this.parts.logger.warn({ err: error, source }, 'some metrics could not be read')
        }
      }),
    )
  }

  private fromQueue(): Source {
    const jobs = this.gauge('atelier_queue_jobs', 'Jobs of the queue by state', ['state'])
    return {
      metrics: [jobs],
      read: async () => {
        const counts = await this.parts.queue.counts()
        for (const state of jobStates) jobs.set({ state }, counts[state])
      },
    }
  }

  private fromDatabase(): Source {
    const depth = this.gauge('atelier_queue_generations', 'Generations that wait or run', [
      'model',
      'priority',
      'status',
    ])
    const oldest = this.gauge(
      'atelier_queue_oldest_wait_seconds',
      'How long the generation that has waited longest has waited',
      ['model', 'priority'],
    )
    const workers = this.gauge('atelier_workers', 'Workers that have reported lately, by state', ['state'])
    const places = this.gauge(
      'atelier_worker_places',
      'Generations that the workers that have reported lately can make at once, by the state of the worker',
      ['state'],
    )
    const devices = this.gauge(
      'atelier_worker_devices',
      'Workers that have reported lately, by device: as set, as used, and whether auto fell back to the CPU',
      ['requested', 'device', 'fallback'],
    )
    const ended = this.counter('atelier_generations_total', 'Generations that have ended', ['model', 'status', 'code'])
    const transactions = this.counter(
      'atelier_database_transactions_total',
      'Transactions that the database has carried out',
      [],
    )
    const setQueue = (depths: QueueDepth[]) => {
      for (const { model, priority, status, count, oldestSeconds } of depths) {
        depth.set({ model, priority, status }, count)
        if (status === 'queued') oldest.set({ model, priority }, oldestSeconds)
      }
    }
    const setEnded = (counts: EndedCount[]) => {
      for (const { model, status, code, count } of counts) ended.inc({ model, status, code }, count)
    }
    return {
      metrics: [depth, oldest, workers, places, devices, ended, transactions],
      read: async () => {
        const { admin } = this.parts.database
        const [depths, counts, carriedOut, reported] = await Promise.all([
          admin.queueDepths(),
          admin.ended(),
          admin.transactions(),
          admin.workers(workerSeconds),
        ])
        setQueue(depths)
        setEnded(counts)
        transactions.inc(carriedOut)
        for (const state of workerStates) {
          const inState = reported.filter((worker) => worker.state === state)
          workers.set({ state }, inState.length)
          places.set(
            { state },
            inState.reduce((sum, { batchSize }) => sum + batchSize, 0),
          )
        }
        for (const { deviceRequested: requested, device, deviceFallback } of reported)
          devices.inc({ requested, device, fallback: String(deviceFallback !== null) })
      },
    }
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.parts.registry] })
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.parts.registry] })
  }
}

/** This process's own requests and connections. @returns called after each answer */
function processNumbers(registry: Registry, { connections }: ApiContext['database']) {
  registry.registerMetric(
    new Gauge({
      name: 'atelier_database_connections',
      help: 'Connections of this process to the database by state, and calls that wait for one',
      labelNames: ['state'],
      registers: [],
      collect() {
        for (const [state, count] of Object.entries(connections())) this.set({ state }, count)
      },
    }),
  )
  return new Histogram({
    name: 'atelier_http_request_duration_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: callBuckets,
    registers: [registry],
  })
}

/**
 * `GET /metrics` for a key with the scope `admin`, and the measuring of every answer. With `settings.metrics` the same
 * text, without key, at a port of its own. docs/metrics.md lists every metric.
 */
export const metrics = (context: ApiContext): FastifyPluginAsync =>
  fastifyPlugin(async (app) => {
    const { registry, settings } = context
    const service = new ServiceMetrics(context)
    const requests = processNumbers(registry, context.database)
    const source = {
      contentType: registry.contentType,
      metrics: async () => {
        await service.refresh()
        return registry.metrics()
      },
    }
    app.addHook('onResponse', (request, reply, done) => {
      // the route's pattern, not the address: addresses are too many
      const route = request.routeOptions.url ?? 'none'
      requests.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
      done()
    })
    await app.register(async (keyed) => {
      await keyed.register(authGate(context))
      keyed.get(
        '/metrics',
        {
          config: { scope: 'admin' },
          schema: { tags: ['health'], summary: 'Metrics for Prometheus', produces: ['text/plain'] },
        },
        async (_request, reply) => reply.type(source.contentType).send(await source.metrics()),
      )
    })
    if (!settings.metrics) return
    const place = settings.metrics
    let server: Awaited<ReturnType<typeof serveMetrics>> | undefined
    app.addHook('onReady', async () => {
      server = await serveMetrics(place, source)
    })
    app.addHook('preClose', async () => server?.close())
  })
