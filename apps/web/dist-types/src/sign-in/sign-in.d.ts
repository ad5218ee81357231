/** Asks for a key. */
export declare function SignIn({ onToken, rejected }: {
    onToken(token: string): void;
    rejected: boolean;
}): import("react").JSX.Element;
//# sourceMappingURL=sign-in.d.ts.map