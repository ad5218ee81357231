import { jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
/** What the model is and what it knows, in its own words. */
export function ModelNote({ model, open }) {
    return (_jsxs("details", { className: "model-note", open: open, children: [_jsx("summary", { children: model.title }), _jsx("p", { children: model.description }), model.vocabulary.length > 0 && _jsxs("p", { className: "note", children: ["It knows these words: ", model.vocabulary.join(', '), "."] })] }));
}
//# sourceMappingURL=model-note.js.map