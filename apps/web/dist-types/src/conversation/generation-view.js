import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
/** One run of the model: its place in the queue, its steps with a preview, its picture, or why there is none. */
export function GenerationView(props) {
    const { generation } = props;
    switch (generation.status) {
        case 'queued':
        case 'running': return _jsx(Underway, { ...props });
        case 'succeeded': return _jsx(_Fragment, { children: generation.images.map((image) => _jsx(Picture, { image: image, ...props }, image.id)) });
        case 'failed': return _jsx(Ended, { ...props, text: generation.error?.message ?? 'The model stopped.', error: true });
        case 'cancelled': return _jsx(Ended, { ...props, text: "Cancelled." });
    }
}
function Underway({ generation, instruction, position, preview, onCancel }) {
    const { status, step, steps, id, parameters } = generation;
    const waiting = position ? `Waiting: ${position} before it` : 'Waiting for the model';
    const label = status === 'queued' ? waiting : step === 0 ? 'Reading your words' : `Step ${step} of ${steps}`;
    return (_jsxs("figure", { className: "picture underway", children: [_jsx("div", { className: "frame", "data-shape": parameters.width > parameters.height ? 'wide' : 'square', children: preview ? _jsx("img", { className: "preview", src: preview, alt: `Preview of: ${instruction}` }) : _jsx("div", { className: "blank", "aria-hidden": "true" }) }), _jsxs("figcaption", { children: [_jsx("span", { role: "status", children: label }), _jsx("progress", { "aria-label": "Progress", max: steps, value: status === 'queued' ? 0 : step }), _jsx("button", { type: "button", className: "quiet", onClick: () => onCancel(id), children: "Cancel" })] })] }));
}
function Picture({ image, instruction, chosenId, onChoose }) {
    const chosen = image.id === chosenId;
    // A picture of few pixels is shown larger with its pixels kept, rather than blurred.
    const small = Math.max(image.width, image.height) < 256;
    return (_jsxs("figure", { className: "picture", "data-chosen": chosen || undefined, children: [_jsx("button", { type: "button", className: "frame", "aria-pressed": chosen, onClick: () => onChoose(image), title: chosen ? 'The next instruction edits this picture' : 'Continue from this picture', children: _jsx("img", { className: small ? 'small' : undefined, src: image.url, width: image.width, height: image.height, alt: instruction }) }), _jsxs("figcaption", { children: [_jsx("span", { className: "note", children: chosen ? 'Continuing from this picture' : `${image.width} × ${image.height}` }), _jsx("a", { className: "quiet", href: image.url, download: `${image.id}.png`, children: "Save" })] })] }));
}
function Ended({ generation, text, error, onRetry }) {
    return (_jsxs("div", { className: error ? 'ended error' : 'ended', role: error ? 'alert' : undefined, children: [_jsx("p", { children: text }), _jsx("button", { type: "button", className: "quiet", onClick: () => onRetry(generation.id), children: "Try again" })] }));
}
//# sourceMappingURL=generation-view.js.map