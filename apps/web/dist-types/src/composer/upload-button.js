import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
import { useRef, useState } from 'react';
/** Uploads a picture of the person's own. */
export function UploadButton({ client, onUploaded, onError }) {
    const input = useRef(null);
    const [busy, setBusy] = useState(false);
    const upload = async (event) => {
        const file = event.target.files?.[0];
        event.target.value = '';
        if (!file)
            return;
        setBusy(true);
        onError(null);
        await client.images.upload(file).then(onUploaded, onError);
        setBusy(false);
    };
    return (_jsxs(_Fragment, { children: [_jsx("input", { ref: input, className: "hidden", type: "file", accept: "image/png,image/jpeg,image/webp", "aria-label": "Picture to upload", tabIndex: -1, onChange: (e) => void upload(e) }), _jsx("button", { type: "button", className: "plain", disabled: busy, "aria-label": "Upload a picture", title: "Upload a picture", onClick: () => input.current?.click(), children: busy ? _jsx("span", { "aria-hidden": "true", children: "\u2026" }) : (_jsxs("svg", { viewBox: "0 0 24 24", width: "22", height: "22", fill: "none", stroke: "currentColor", strokeWidth: "1.7", strokeLinecap: "round", strokeLinejoin: "round", "aria-hidden": "true", children: [_jsx("rect", { x: "3.5", y: "4.5", width: "17", height: "15", rx: "3" }), _jsx("path", { d: "m4 16 4.5-4.5 4 4 3-3 4.5 4.5" }), _jsx("circle", { cx: "15.5", cy: "9", r: "1.4" })] })) })] }));
}
//# sourceMappingURL=upload-button.js.map