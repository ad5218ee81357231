import { jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
import { maxInstructionLength } from '@atelier/contracts';
import { useRef, useState } from 'react';
import { BasePicture } from './base-picture.js';
import { Examples } from './examples.js';
import { UploadButton } from './upload-button.js';
/** Where the next instruction is written. Enter sends, Shift+Enter begins a new line. */
export function Composer({ client, examples, base, error, onBase, onError, onSend }) {
    const [text, setText] = useState('');
    const [sending, setSending] = useState(false);
    const field = useRef(null);
    const send = async () => {
        if (!text.trim() || sending)
            return;
        setSending(true);
        const images = base ? [{ imageId: base.id, maskId: null, maskMode: 'keep' }] : [];
        if (await onSend({ instruction: text, images }))
            setText('');
        setSending(false);
        field.current?.focus();
    };
    const submit = (event) => {
        event.preventDefault();
        void send();
    };
    const keys = (event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing)
            return;
        event.preventDefault();
        void send();
    };
    const use = (example) => {
        setText(example);
        field.current?.focus();
    };
    return (_jsxs("form", { className: "composer", onSubmit: submit, children: [error && (_jsxs("p", { className: "error", role: "alert", children: [error, " ", _jsx("button", { type: "button", className: "quiet", onClick: () => onError(null), children: "Dismiss" })] })), _jsx(Examples, { examples: examples, onUse: use }), base && _jsx(BasePicture, { image: base, onRemove: () => onBase(null) }), _jsxs("div", { className: "line", children: [_jsx(UploadButton, { client: client, onUploaded: onBase, onError: onError }), _jsx("label", { className: "hidden", htmlFor: "instruction", children: "Instruction" }), _jsx("textarea", { id: "instruction", ref: field, rows: 1, value: text, maxLength: maxInstructionLength, autoFocus: true, placeholder: base ? 'What should change?' : 'What should it show?', onChange: (e) => setText(e.target.value), onKeyDown: keys }), _jsx("button", { className: "primary", type: "submit", disabled: !text.trim() || sending, children: base ? 'Change it' : 'Make it' })] })] }));
}
//# sourceMappingURL=composer.js.map