import type { Image } from '@atelier/contracts';
/** Shows which picture the next instruction edits, and lets go of it. */
export declare function BasePicture({ image, onRemove }: {
    image: Image;
    onRemove(): void;
}): import("react").JSX.Element;
//# sourceMappingURL=base-picture.d.ts.map