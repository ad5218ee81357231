import type { Atelier } from '@atelier/client';
import type { Image } from '@atelier/contracts';
/** A small view of a picture that a turn edits. */
export declare function SourcePicture({ client, id, known }: {
    client: Atelier;
    id: string;
    known: Image | undefined;
}): import("react").JSX.Element | null;
//# sourceMappingURL=source-picture.d.ts.map