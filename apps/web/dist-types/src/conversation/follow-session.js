/**
 * Reads a session and follows its events from there.
 *
 * @returns what ends it
 */
export function followSession(client, sessionId, { change, setConnected, fail }) {
    let ended = false;
    let end = () => { };
    client.sessions.get(sessionId).then((session) => {
        if (ended)
            return;
        change({ type: 'opened', session });
        const events = client.events(sessionId, { afterSeq: session.lastSeq });
        events.on('event', (event) => change({ type: 'event', event }));
        events.on('progress', (progress) => change({ type: 'progress', progress }));
        events.on('connected', setConnected);
        end = () => events.close();
    }, (error) => { if (!ended)
        fail(error); });
    return () => {
        ended = true;
        end();
    };
}
//# sourceMappingURL=follow-session.js.map