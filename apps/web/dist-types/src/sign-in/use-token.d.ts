/** `looking` for a key, `asking` the person for one, `rejected`: the one given does not hold. */
export type TokenState = 'looking' | 'asking' | 'rejected';
/** The key of this browser tab: one given earlier, else the one that a server on this machine hands to its own page. */
export declare function useToken(): {
    state: TokenState;
    token: string | null;
    signIn: (given: string) => void;
    signOut: () => void;
};
//# sourceMappingURL=use-token.d.ts.map