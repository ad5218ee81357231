import type { Atelier } from '@atelier/client';
/** The conversation of the address, or a new one. */
export declare function Conversation({ client, onUnauthorized }: {
    client: Atelier;
    onUnauthorized(): void;
}): import("react").JSX.Element;
//# sourceMappingURL=conversation.d.ts.map