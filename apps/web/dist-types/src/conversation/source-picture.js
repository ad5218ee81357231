import { jsx as _jsx } from "react/jsx-runtime";
import { useImage } from './use-image.js';
/** A small view of a picture that a turn edits. */
export function SourcePicture({ client, id, known }) {
    const image = useImage(client, id, known);
    return image && _jsx("img", { className: "source", src: image.thumbnailUrl, width: 40, height: 40, alt: image.kind === 'uploaded' ? 'Uploaded picture' : 'Earlier picture' });
}
//# sourceMappingURL=source-picture.js.map