import { AtelierApiError } from '@atelier/client';
/** What to tell a person about an error. The server's own messages say already what to do. */
export function plainWords(error) {
    if (error instanceof AtelierApiError)
        return error.message;
    if (error instanceof DOMException && error.name === 'AbortError')
        return 'That was stopped.';
    return 'The server does not answer. Check that Atelier is running, then try again.';
}
//# sourceMappingURL=plain-words.js.map