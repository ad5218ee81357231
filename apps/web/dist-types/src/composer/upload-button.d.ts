import type { Atelier } from '@atelier/client';
import type { Image } from '@atelier/contracts';
/** Uploads a picture of the person's own. */
export declare function UploadButton({ client, onUploaded, onError }: {
    client: Atelier;
    onUploaded(image: Image): void;
    onError(error: unknown): void;
}): import("react").JSX.Element;
//# sourceMappingURL=upload-button.d.ts.map