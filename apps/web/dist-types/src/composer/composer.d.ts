import type { Atelier } from '@atelier/client';
import { type Image } from '@atelier/contracts';
import type { TurnWish } from '../conversation/use-conversation.js';
/** What a {@link Composer} needs. */
export interface ComposerProps {
    client: Atelier;
    examples: string[];
    /** The picture that the instruction edits; null makes a new one. */
    base: Image | null;
    error: string | null;
    /** Another picture to edit, or none. */
    onBase(image: Image | null): void;
    /** An error to show, or null to take it away. */
    onError(error: unknown): void;
    /** Sends the turn; answers whether it went well. */
    onSend(wish: TurnWish): Promise<boolean>;
}
/** Where the next instruction is written. Enter sends, Shift+Enter begins a new line. */
export declare function Composer({ client, examples, base, error, onBase, onError, onSend }: ComposerProps): import("react").JSX.Element;
//# sourceMappingURL=composer.d.ts.map