import { useEffect, useState } from 'react';
/** An image by its id, read from the server unless `known`; null until it is there. */
export function useImage(client, id, known) {
    const [image, setImage] = useState(null);
    useEffect(() => {
        if (known)
            return;
        let current = true;
        // Without its thumbnail a turn is still readable, so an error needs no words.
        client.images.get(id).then((found) => { if (current)
            setImage(found); }, () => { });
        return () => { current = false; };
    }, [client, id, known]);
    return known ?? image;
}
//# sourceMappingURL=use-image.js.map