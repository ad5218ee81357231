import type { Atelier } from '@atelier/client';
import type { ConversationChange } from './conversation-state.js';
/** What {@link followSession} reports. */
export interface SessionListener {
    change(change: ConversationChange): void;
    setConnected(connected: boolean): void;
    fail(error: unknown): void;
}
/**
 * Reads a session and follows its events from there.
 *
 * @returns what ends it
 */
export declare function followSession(client: Atelier, sessionId: string, { change, setConnected, fail }: SessionListener): () => void;
//# sourceMappingURL=follow-session.d.ts.map