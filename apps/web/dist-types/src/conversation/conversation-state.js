/** A conversation without turns. */
export const emptyConversation = { turns: [], positions: {}, previews: {} };
/** The pictures that the conversation has made, oldest first, by id. */
export function madeImages({ turns }) {
    return new Map(turns.flatMap((turn) => turn.generations.flatMap((generation) => generation.images.map((image) => [image.id, image]))));
}
/** The conversation after a change. Events may repeat what an answer has told already. */
export function changeConversation(state, change) {
    switch (change.type) {
        case 'opened': return { ...emptyConversation, turns: change.session?.turns ?? [] };
        case 'created': return addTurn(state, change.turn);
        case 'generation': return addGeneration(state, change.generation);
        case 'event': return applyEvent(state, change.event);
        case 'progress': return applyProgress(state, change.progress);
    }
}
function applyEvent(state, { type, payload, createdAt }) {
    if (type === 'turn-created')
        return addTurn(state, { ...payload.turn, generations: payload.generations });
    const id = payload.generationId;
    const update = (fields) => updateGeneration(state, id, fields);
    switch (type) {
        case 'generation-queued': return { ...update({ status: 'queued', attempt: payload.attempt, step: 0 }), positions: { ...state.positions, [id]: payload.position } };
        case 'generation-started': return update({ status: 'running', attempt: payload.attempt, steps: payload.steps, step: 0, startedAt: createdAt });
        case 'generation-succeeded': return update({ status: 'succeeded', images: payload.images, finishedAt: createdAt });
        case 'generation-failed': return update({ status: 'failed', error: payload.error, finishedAt: createdAt });
        case 'generation-cancelled': return update({ status: 'cancelled', finishedAt: createdAt });
    }
}
function applyProgress(state, { generationId, step, steps, preview }) {
    const running = state.turns.some((turn) => turn.generations.some((g) => g.id === generationId && g.finishedAt === null));
    if (!running)
        return state;
    const next = updateGeneration(state, generationId, { status: 'running', step, steps });
    return preview ? { ...next, previews: { ...next.previews, [generationId]: preview } } : next;
}
function addTurn(state, turn) {
    return state.turns.some(({ id }) => id === turn.id) ? state : { ...state, turns: [...state.turns, turn] };
}
function addGeneration(state, generation) {
    const turns = state.turns.map((turn) => {
        if (turn.id !== generation.turnId || turn.generations.some(({ id }) => id === generation.id))
            return turn;
        return { ...turn, generations: [...turn.generations, generation] };
    });
    return { ...state, turns };
}
function updateGeneration(state, id, fields) {
    const turns = state.turns.map((turn) => {
        if (!turn.generations.some((generation) => generation.id === id))
            return turn;
        return { ...turn, generations: turn.generations.map((generation) => (generation.id === id ? { ...generation, ...fields } : generation)) };
    });
    return { ...state, turns };
}
//# sourceMappingURL=conversation-state.js.map