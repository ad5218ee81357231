/** Instructions that the model does well; choosing one writes it into the field. */
export function Examples({ examples, onUse }: { examples: string[]; onUse(example: string): void }) {
  if (examples.length === 0) return null
  return (
    <ul className="examples" aria-label="Examples">
      {examples.map((example) => (
        <li key={example}>
          <button type="button" className="chip" onClick={() => onUse(example)}>
            {example}
          </button>
        </li>
      ))}
    </ul>
  )
}
