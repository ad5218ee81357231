import { useCallback, useEffect, useState } from 'react';
const place = 'atelier-key';
/** The key of this browser tab: one given earlier, else the one that a server on this machine hands to its own page. */
export function useToken() {
    const [token, setToken] = useState(() => sessionStorage.getItem(place));
    const [state, setState] = useState('looking');
    useEffect(() => {
        if (token || state !== 'looking')
            return;
        let current = true;
        localToken().then((found) => {
            if (!current)
                return;
            if (found)
                setToken(found);
            else
                setState('asking');
        });
        return () => { current = false; };
    }, [token, state]);
    const signIn = useCallback((given) => {
        sessionStorage.setItem(place, given);
        setToken(given);
    }, []);
    const signOut = useCallback(() => {
        sessionStorage.removeItem(place);
        setToken(null);
        setState('rejected');
    }, []);
    return { state, token, signIn, signOut };
}
async function localToken() {
    try {
        const answer = await fetch('/v1/local/session');
        return answer.ok ? (await answer.json()).token : null;
    }
    catch {
        return null;
    }
}
//# sourceMappingURL=use-token.js.map