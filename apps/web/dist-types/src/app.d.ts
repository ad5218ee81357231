/** The page: signs in, then shows one conversation. */
export declare function App(): import("react").JSX.Element;
//# sourceMappingURL=app.d.ts.map