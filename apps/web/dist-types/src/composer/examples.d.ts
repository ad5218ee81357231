/** Instructions that the model does well; choosing one writes it into the field. */
export declare function Examples({ examples, onUse }: {
    examples: string[];
    onUse(example: string): void;
}): import("react").JSX.Element | null;
//# sourceMappingURL=examples.d.ts.map