import { jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
import { useState } from 'react';
/** Asks for a key. */
export function SignIn({ onToken, rejected }) {
    const [value, setValue] = useState('');
    const submit = (event) => {
        event.preventDefault();
        if (value.trim())
            onToken(value.trim());
    };
    return (_jsxs("main", { className: "sign-in", children: [_jsx("h1", { children: "Atelier" }), _jsxs("form", { onSubmit: submit, children: [_jsx("label", { htmlFor: "key", children: "Your key" }), _jsx("input", { id: "key", type: "password", autoComplete: "off", placeholder: "atl_\u2026", value: value, onChange: (e) => setValue(e.target.value) }), rejected && _jsx("p", { className: "error", role: "alert", children: "This key is not valid any more. Ask your operator for another one." }), _jsx("button", { className: "primary", type: "submit", disabled: !value.trim(), children: "Open" })] }), _jsxs("p", { className: "note", children: ["The key stays in this tab. On the machine that runs Atelier, it is in the file ", _jsx("code", { children: ".atelier/key" }), "."] })] }));
}
//# sourceMappingURL=sign-in.js.map