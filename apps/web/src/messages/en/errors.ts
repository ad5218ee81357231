import type { ErrorCode } from '@atelier/contracts'

/** What to tell about an error whose message from the server is meant for programmers. Other codes: the server's words. */
export const errors: Partial<Record<ErrorCode, string>> & { unreachable: string; page: string } = {
  unreachable: 'Atelier is not responding. Check that it is running, then try again.',
  archive_invalid:
    'This file is no exported conversation, or it is damaged. Export it again, and import that file unchanged.',
  page: 'Something went wrong on this page. Reload it and try again.',
}
