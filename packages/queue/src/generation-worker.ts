import { Worker, type IQueueBackend, type JobProgress } from 'bullmq'

/** BullMQ's worker for jobs that carry a generation's id, on any backend. */
export class GenerationWorker extends Worker<
  { generationId: string },
  void,
  string,
  IQueueBackend,
  JobProgress,
  unknown
> {
  /** Also ends the renewal of locks, which BullMQ leaves running when it cannot say goodbye to its backend. */
  override async disconnect(): Promise<void> {
    await this.lockManager.close()
    await super.disconnect()
  }
}
