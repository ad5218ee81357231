import { useEffect, useState } from 'react';
/** The default model of the server; null until it is known. */
export function useModel(client, fail) {
    const [model, setModel] = useState(null);
    useEffect(() => {
        let current = true;
        client.models.list().then((models) => { if (current)
            setModel(models.find((m) => m.default) ?? models[0] ?? null); }, (error) => { if (current)
            fail(error); });
        return () => { current = false; };
    }, [client, fail]);
    return model;
}
//# sourceMappingURL=use-model.js.map