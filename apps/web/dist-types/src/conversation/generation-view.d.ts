import type { Generation, Image } from '@atelier/contracts';
/** What a {@link GenerationView} shows and offers. */
export interface GenerationViewProps {
    generation: Generation;
    instruction: string;
    position: number | undefined;
    preview: string | undefined;
    /** Id of the picture that the next instruction will edit. */
    chosenId: string | undefined;
    onChoose(image: Image): void;
    onCancel(id: string): void;
    onRetry(id: string): void;
}
/** One run of the model: its place in the queue, its steps with a preview, its picture, or why there is none. */
export declare function GenerationView(props: GenerationViewProps): import("react").JSX.Element;
//# sourceMappingURL=generation-view.d.ts.map