import type { Model } from '@atelier/contracts'

/** What the model is and what it knows, in its own words. */
export function ModelNote({ model, open }: { model: Model; open: boolean }) {
  return (
    <details className="model-note" open={open}>
      <summary>{model.title}</summary>
      <p>{model.description}</p>
      {model.vocabulary.length > 0 && <p className="note">It knows these words: {model.vocabulary.join(', ')}.</p>}
    </details>
  )
}
