import { words } from '../messages/words.js'
import { toast } from './toasts.js'

/** Puts a text on the clipboard, and says that it is there or why it is not: browsers allow it only on secure pages. */
export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(done)
  } catch {
    toast.error(words.app.notCopied)
  }
}
