import { jsx as _jsx, jsxs as _jsxs } from "react/jsx-runtime";
import { GenerationView } from './generation-view.js';
import { SourcePicture } from './source-picture.js';
/** One request and what came of it. */
export function TurnView({ client, turn, made, positions, previews, ...actions }) {
    return (_jsxs("li", { className: "turn", children: [_jsxs("div", { className: "request", children: [turn.images.map(({ imageId }) => _jsx(SourcePicture, { client: client, id: imageId, known: made.get(imageId) }, imageId)), _jsx("p", { className: "instruction", children: turn.instruction })] }), _jsx("div", { className: "pictures", children: turn.generations.map((generation) => (_jsx(GenerationView, { generation: generation, instruction: turn.instruction, ...actions, position: positions[generation.id], preview: previews[generation.id] }, generation.id))) })] }));
}
//# sourceMappingURL=turn-view.js.map