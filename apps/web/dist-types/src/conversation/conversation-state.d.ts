import type { Generation, Image, LogEvent, ProgressEvent, SessionWithTurns, TurnWithGenerations } from '@atelier/contracts';
/** A conversation as the page knows it. */
export interface ConversationState {
    turns: TurnWithGenerations[];
    /** By generation id: how many are before it in the queue. */
    positions: Record<string, number>;
    /** By generation id: the last preview, a `data:` URL. */
    previews: Record<string, string>;
}
/** What changes a conversation. */
export type ConversationChange = {
    type: 'opened';
    session: SessionWithTurns | null;
} | {
    type: 'created';
    turn: TurnWithGenerations;
} | {
    type: 'generation';
    generation: Generation;
} | {
    type: 'event';
    event: LogEvent;
} | {
    type: 'progress';
    progress: ProgressEvent;
};
/** A conversation without turns. */
export declare const emptyConversation: ConversationState;
/** The pictures that the conversation has made, oldest first, by id. */
export declare function madeImages({ turns }: ConversationState): Map<string, Image>;
/** The conversation after a change. Events may repeat what an answer has told already. */
export declare function changeConversation(state: ConversationState, change: ConversationChange): ConversationState;
//# sourceMappingURL=conversation-state.d.ts.map