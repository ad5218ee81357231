import { jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
/** Shows which picture the next instruction edits, and lets go of it. */
export function BasePicture({ image, onRemove }) {
    return (_jsxs("p", { className: "base", children: [_jsx("img", { src: image.thumbnailUrl, alt: "", width: 36, height: 36 }), _jsxs("span", { children: ["Editing ", image.kind === 'uploaded' ? 'your picture' : 'this picture'] }), _jsx("button", { type: "button", className: "quiet", onClick: onRemove, children: "Start from nothing" })] }));
}
//# sourceMappingURL=base-picture.js.map