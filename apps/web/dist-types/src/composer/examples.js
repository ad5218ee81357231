import { jsx as _jsx } from "react/jsx-runtime";
/** Instructions that the model does well; choosing one writes it into the field. */
export function Examples({ examples, onUse }) {
    if (examples.length === 0)
        return null;
    return (_jsx("ul", { className: "examples", "aria-label": "Examples", children: examples.map((example) => (_jsx("li", { children: _jsx("button", { type: "button", className: "chip", onClick: () => onUse(example), children: example }) }, example))) }));
}
//# sourceMappingURL=examples.js.map