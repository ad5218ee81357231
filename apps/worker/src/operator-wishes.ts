import type { WorkerWishes } from '@atelier/contracts'
import type { Logger } from '@atelier/service'
import type { WorkerStatus } from './worker-status.js'

/** What {@link OperatorWishes} acts on. */
export interface OperatorWishesOptions {
  status: Pick<WorkerStatus, 'drain' | 'restart'>
  /** Ends the model's process and opens the model in a new one. */
  restart(): Promise<void>
  /** Called after {@link WorkerStatus.takesWork} may have changed. */
  onDrain(): void
  log: Logger
}

/** Does what operators want of a worker, as the answers to its reports tell. */
export class OperatorWishes {
  private drained = false
  private done = 0
  private wanted = 0
  private restarting: Promise<void> | undefined

  constructor(private readonly options: OperatorWishesOptions) {}

  /** How often the model's process was restarted. */
  get restarted(): number {
    return this.done
  }

  /** A report was answered. */
  hear({ drain, restarts }: WorkerWishes): void {
    const { status, log, onDrain } = this.options
    if (drain !== this.drained) {
      this.drained = drain
      log.info(drain ? 'drained: no new generations are taken' : 'undrained: generations are taken again')
      status.drain(drain)
      onDrain()
    }
    this.wanted = restarts
    if (this.wanted > this.done)
      this.restarting ??= this.restart().finally(() => {
        this.restarting = undefined
      })
  }

  /** One restart for all wishes so far: who asks twice does not want to wait twice. */
  private async restart(): Promise<void> {
    const { status, log, restart } = this.options
    const upTo = this.wanted
    log.warn("an operator wants the model's process restarted")
    status.restart(true)
    try {
      await restart()
      log.info("the model's process has been restarted")
    } catch (error) {
      log.error({ err: error }, 'the model did not open after the restart; the next generation tries again')
    } finally {
      this.done = upTo
      status.restart(false)
    }
  }
}
