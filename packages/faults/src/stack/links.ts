import type { Random } from '../random.js'
import { FaultProxy, type LineFault } from './fault-proxy.js'

/** The services that processes of the product are connected to. */
export type Service = 'postgres' | 'queue' | 'store'

/** One proxy for each pair of process and service, so that a fault can hit one process or all. */
export class Links {
  private readonly proxies: { process: string; service: Service; proxy: FaultProxy }[] = []

  constructor(
    /** Ports of the services on the loopback; a service that is missing here needs no connection. */
    private readonly targets: Partial<Record<Service, number>>,
    private readonly random: Random,
  ) {}

  /** Opens the proxies of a process. @returns the port of each */
  async open(process: string): Promise<Partial<Record<Service, number>>> {
    const ports: Partial<Record<Service, number>> = {}
    for (const [service, target] of Object.entries(this.targets) as [Service, number][]) {
      const proxy = await FaultProxy.open(target, this.random.fork(`${process} ${service}`))
      this.proxies.push({ process, service, proxy })
      ports[service] = proxy.port
    }
    return ports
  }

  /** Breaks or mends all connections to a service, or those of one process. */
  set(service: Service, fault: LineFault, process?: string): void {
    for (const proxy of this.of(service, process)) proxy.set(fault)
  }

  /** Resets the connections there are. */
  reset(service: Service, process?: string): void {
    for (const proxy of this.of(service, process)) proxy.reset()
  }

  /** Silences the connections there are for good; new ones work. */
  forget(service: Service, process?: string): void {
    for (const proxy of this.of(service, process)) proxy.forget()
  }

  /** Mends all. */
  mend(): void {
    for (const { proxy } of this.proxies) proxy.set({})
  }

  async close(): Promise<void> {
    for (const { proxy } of this.proxies) await proxy.close()
  }

  private of(service: Service, process: string | undefined): FaultProxy[] {
    return this.proxies
      .filter((link) => link.service === service && (process === undefined || link.process === process))
      .map(({ proxy }) => proxy)
  }
}
