import type { Model } from '@atelier/contracts';
/** What the model is and what it knows, in its own words. */
export declare function ModelNote({ model, open }: {
    model: Model;
    open: boolean;
}): import("react").JSX.Element;
//# sourceMappingURL=model-note.d.ts.map