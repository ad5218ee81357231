/** The session id in the address (`#ses_…`), or null. */
export function sessionInHash(): string | null {
  return /^#(ses_[0-9a-z]{16})$/.exec(window.location.hash)?.[1] ?? null
}

/** Puts a session id into the address, so that a reload or a bookmark opens it again; null takes it out. */
export function putSessionInHash(id: string | null): void {
  window.location.hash = id ?? ''
}
