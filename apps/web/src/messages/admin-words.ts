import { audit } from './en/admin/audit.js'
import { now } from './en/admin/now.js'
import { owners } from './en/admin/owners.js'
import { parts, shell } from './en/admin/shell.js'
import { queue } from './en/admin/queue.js'
import { storage } from './en/admin/storage.js'
import { webhooks } from './en/admin/webhooks.js'
import { workers } from './en/admin/workers.js'

/** Every word of the dashboard, in English. They are not among those of the chat, which never loads them. */
const adminEn = { shell, parts, now, workers, queue, owners, storage, webhooks, audit }

/** What a translation of the dashboard has to have. */
export type AdminMessages = typeof adminEn

/** The words of the dashboard. A translation takes the place of `adminEn` here. */
export const adminWords: AdminMessages = adminEn
