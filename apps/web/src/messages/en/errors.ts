import type { ErrorCode } from '@atelier/contracts'

/** What to tell about an error whose message from the server is meant for programmers. Other codes: the server's words. */
export const errors: Partial<Record<ErrorCode, string>> & { unreachable: string; page: string } = {
  unreachable: 'Atelier is not responding. Check that it is running, then try again.',
  page: 'Something went wrong on this page. Reload it and try again.',
}
