/** What to tell a person about an error. The server's own messages say already what to do. */
export declare function plainWords(error: unknown): string;
//# sourceMappingURL=plain-words.d.ts.map