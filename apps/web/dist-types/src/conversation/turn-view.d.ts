import type { Atelier } from '@atelier/client';
import type { Image, TurnWithGenerations } from '@atelier/contracts';
import { type GenerationViewProps } from './generation-view.js';
/** What a {@link TurnView} needs besides what it hands on to its generations. */
export interface TurnViewProps extends Pick<GenerationViewProps, 'chosenId' | 'onChoose' | 'onCancel' | 'onRetry'> {
    client: Atelier;
    turn: TurnWithGenerations;
    /** The pictures that the conversation has made, by id. */
    made: ReadonlyMap<string, Image>;
    positions: Record<string, number>;
    previews: Record<string, string>;
}
/** One request and what came of it. */
export declare function TurnView({ client, turn, made, positions, previews, ...actions }: TurnViewProps): import("react").JSX.Element;
//# sourceMappingURL=turn-view.d.ts.map