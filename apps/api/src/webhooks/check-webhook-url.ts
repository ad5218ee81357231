import { AtelierError } from '@atelier/contracts'
import type { ApiContext } from '../api-context.js'
import { checkedUrl, RemoteError } from '../remote/public-address.js'
import { allowedAddresses } from './webhook-sender.js'

/**
 * Checks where a webhook is to lead. Names are looked up when a message is sent: what they lead to may change.
 *
 * @param path - the field with the address
 * @throws AtelierError `invalid_request`
 */
export function checkWebhookUrl({ settings }: Pick<ApiContext, 'settings'>, url: string, path = 'url'): void {
  try {
    checkedUrl(url, allowedAddresses(settings.webhookNetworks ?? []))
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    throw new AtelierError('invalid_request', `\`${path}\` ${error.message}.`, [{ path, message: error.message }])
  }
}
