import type { Atelier } from '@atelier/client';
import type { Image } from '@atelier/contracts';
/** An image by its id, read from the server unless `known`; null until it is there. */
export declare function useImage(client: Atelier, id: string, known: Image | undefined): Image | null;
//# sourceMappingURL=use-image.d.ts.map