import { type Atelier } from '@atelier/client';
import type { TurnImage } from '@atelier/contracts';
/** What a person asks for in one turn. */
export interface TurnWish {
    instruction: string;
    images: TurnImage[];
}
/** One conversation: what is known of it, kept up to date, and what can be done. */
export declare function useConversation(client: Atelier, onUnauthorized: () => void): {
    state: import("./conversation-state.js").ConversationState;
    sessionId: string | null;
    error: string | null;
    connected: boolean;
    fail: (problem: unknown) => void;
    setError: import("react").Dispatch<import("react").SetStateAction<string | null>>;
    send: (wish: TurnWish) => Promise<boolean>;
    cancel: (id: string) => undefined;
    retry: (id: string) => undefined;
    startOver: () => void;
};
//# sourceMappingURL=use-conversation.d.ts.map