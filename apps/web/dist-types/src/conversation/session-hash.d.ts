/** The session id in the address (`#ses_…`), or null. */
export declare function sessionInHash(): string | null;
/** Puts a session id into the address, so that a reload or a bookmark opens it again; null takes it out. */
export declare function putSessionInHash(id: string | null): void;
//# sourceMappingURL=session-hash.d.ts.map