import type { Atelier } from '@atelier/client';
import type { Model } from '@atelier/contracts';
/** The default model of the server; null until it is known. */
export declare function useModel(client: Atelier, fail: (error: unknown) => void): Model | null;
//# sourceMappingURL=use-model.d.ts.map