import { AtelierApiError } from '@atelier/client';
import { useCallback, useEffect, useReducer, useState } from 'react';
import { plainWords } from '../plain-words.js';
import { changeConversation, emptyConversation } from './conversation-state.js';
import { followSession } from './follow-session.js';
import { putSessionInHash, sessionInHash } from './session-hash.js';
/** One conversation: what is known of it, kept up to date, and what can be done. */
export function useConversation(client, onUnauthorized) {
    const [state, change] = useReducer(changeConversation, emptyConversation);
    const [sessionId, setSessionId] = useState(sessionInHash);
    const [error, setError] = useState(null);
    const [connected, setConnected] = useState(true);
    const fail = useCallback((problem) => {
        if (problem instanceof AtelierApiError && problem.status === 401)
            onUnauthorized();
        else
            setError(plainWords(problem));
    }, [onUnauthorized]);
    useEffect(() => {
        const follow = () => setSessionId(sessionInHash());
        window.addEventListener('hashchange', follow);
        return () => window.removeEventListener('hashchange', follow);
    }, []);
    useEffect(() => {
        setError(null);
        if (!sessionId)
            return change({ type: 'opened', session: null });
        return followSession(client, sessionId, { change, setConnected, fail });
    }, [client, sessionId, fail]);
    /** Runs an action and shows its error; answers whether it went well. */
    const attempt = useCallback(async (action) => {
        setError(null);
        return action().then(() => true, (problem) => (fail(problem), false));
    }, [fail]);
    const send = useCallback((wish) => attempt(async () => {
        const id = sessionId ?? (await client.sessions.create({ title: wish.instruction.trim().slice(0, 80) || 'Untitled' })).id;
        const { turn, generations } = await client.turns.create(id, wish);
        if (!sessionId)
            putSessionInHash(id);
        change({ type: 'created', turn: { ...turn, generations } });
    }), [attempt, client, sessionId]);
    const cancel = useCallback((id) => void attempt(async () => void await client.generations.cancel(id)), [attempt, client]);
    const retry = useCallback((id) => void attempt(async () => {
        change({ type: 'generation', generation: await client.generations.retry(id) });
    }), [attempt, client]);
    const startOver = useCallback(() => putSessionInHash(null), []);
    return { state, sessionId, error, connected, fail, setError, send, cancel, retry, startOver };
}
//# sourceMappingURL=use-conversation.js.map