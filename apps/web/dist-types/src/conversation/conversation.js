import { jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
import { useEffect, useRef, useState } from 'react';
import { Composer } from '../composer/composer.js';
import { madeImages } from './conversation-state.js';
import { ModelNote } from './model-note.js';
import { TurnView } from './turn-view.js';
import { useConversation } from './use-conversation.js';
import { useModel } from './use-model.js';
/** The conversation of the address, or a new one. */
export function Conversation({ client, onUnauthorized }) {
    const { state, sessionId, error, connected, fail, setError, send, cancel, retry, startOver } = useConversation(client, onUnauthorized);
    const model = useModel(client, fail);
    const [chosen, setChosen] = useState(null);
    const made = madeImages(state);
    const latest = [...made.values()].at(-1) ?? null;
    const base = chosen === 'none' ? null : chosen ?? latest;
    const end = useRef(null);
    const running = state.turns.at(-1)?.generations.at(-1)?.status;
    useEffect(() => { setChosen(null); }, [sessionId]);
    // A picture that has just been made is what the next instruction is about.
    useEffect(() => { setChosen(null); }, [latest?.id]);
    useEffect(() => { if (state.turns.length > 0)
        end.current?.scrollIntoView({ block: 'end', behavior: 'smooth' }); }, [state.turns.length, running]);
    return (_jsxs("div", { className: "page", children: [_jsxs("header", { children: [_jsx("h1", { children: "Atelier" }), !connected && _jsx("span", { className: "note", role: "status", children: "Reconnecting \u2026" }), state.turns.length > 0 && _jsx("button", { type: "button", className: "quiet", onClick: startOver, children: "New conversation" })] }), _jsxs("main", { children: [state.turns.length === 0 && _jsx("p", { className: "welcome", children: "Say what to draw. Then say what to change." }), model && _jsx(ModelNote, { model: model, open: state.turns.length === 0 }), _jsx("ol", { className: "turns", children: state.turns.map((turn) => (_jsx(TurnView, { client: client, turn: turn, made: made, positions: state.positions, previews: state.previews, chosenId: base?.id, onChoose: setChosen, onCancel: cancel, onRetry: retry }, turn.id))) }), _jsx("div", { ref: end, className: "end" })] }), _jsx(Composer, { client: client, examples: model?.examples ?? [], base: base, error: error, onBase: (image) => setChosen(image ?? 'none'), onError: (problem) => (problem === null ? setError(null) : fail(problem)), onSend: send })] }));
}
//# sourceMappingURL=conversation.js.map