// Named places where a process can be made to end at once, for the fault suite (packages/faults).
import { writeSync } from 'node:fs'

/**
 * A place between every two durable writes that belong together, by what is stored there and what is not yet. The fault
 * suite makes a process end at each of them.
 */
export const failpoints = {
  'key-claimed': 'api: an Idempotency-Key is claimed, and nothing is made for it yet',
  'creation-stored': 'api: what a request creates is stored, its answer is not kept yet',
  'answer-kept': 'api: the answer to an Idempotency-Key is kept, and not sent yet',
  'turn-stored': 'api: a turn or a repeated generation is stored, and the queue does not know it yet',
  'generation-enqueued': 'api: the queue knows one generation of a turn, perhaps not the others',
  'cancel-stored': 'api: a generation is cancelled, and the queue still has its job',
  'waiting-cancelled': 'api: one of all waiting generations is cancelled, the others and the queue are as before',
  'upload-file-stored': 'api: the file of an upload is stored, perhaps not its thumbnail',
  'upload-files-stored': 'api: file and thumbnail of an upload are stored, and no row names them yet',
  'outpaint-picture-stored': 'api: a larger picture is stored, its mask is not yet',
  'door-session-stored': 'api: a call in OpenAI’s words has a session, and no turn yet',
  'archive-file-stored': 'api: one file of an import or a fork is stored',
  'archive-files-stored': 'api: all files of an import or a fork are stored, and no row names them yet',
  'rows-deleted': 'api: rows are deleted, and their objects are still there',
  'object-deleted': 'api: one object of deleted rows is deleted, perhaps not the others',
  'cleaned-file-stored': 'api: the cleaned file of an old upload is stored, its thumbnail is not yet',
  'cleaned-files-stored': 'api: both files of an old upload are stored anew, and its row names the old ones',
  'cleaned-row-stored': 'api: the row of an old upload names the new files, and the old ones are still there',
  'message-sent': 'api: a message of a webhook is sent, and the database does not know it yet',
  'generation-claimed': 'worker: a generation is its own, and it has done nothing for it yet',
  'picture-stored': 'worker: the picture of a generation is stored, its thumbnail maybe not yet',
  'thumbnail-stored': 'worker: picture and thumbnail are stored, and no row names them yet',
  'success-stored': 'worker: a generation has succeeded, and the queue still has its job',
  'late-cancel-stored': 'worker: a generation was cancelled at the last moment, and its picture is still there',
  'late-picture-deleted': 'worker: its picture is deleted, its thumbnail is not yet',
  'end-stored': 'worker: a generation has failed or was cancelled, and the queue still has its job',
  'release-stored': 'worker: a generation waits again, and the queue still takes its job for a running one',
  'handover-stored':
    'worker: a generation is to be tried elsewhere, and the queue still takes its job for a running one',
} as const

/** A name of {@link failpoints}. */
export type Failpoint = keyof typeof failpoints

const armed = process.env.ATELIER_FAILPOINT

/**
 * Ends this process with SIGKILL if the environment variable `ATELIER_FAILPOINT` is this name; otherwise, as in every
 * ordinary process, does nothing.
 */
export function failpoint(name: Failpoint): void {
  if (name !== armed) return
  writeSync(2, `failpoint ${name}\n`)
  process.kill(process.pid, 'SIGKILL')
}
