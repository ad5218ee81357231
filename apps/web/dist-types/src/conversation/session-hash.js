/** The session id in the address (`#ses_…`), or null. */
export function sessionInHash() {
    return /^#(ses_[0-9a-z]{16})$/.exec(window.location.hash)?.[1] ?? null;
}
/** Puts a session id into the address, so that a reload or a bookmark opens it again; null takes it out. */
export function putSessionInHash(id) {
    window.location.hash = id ?? '';
}
//# sourceMappingURL=session-hash.js.map