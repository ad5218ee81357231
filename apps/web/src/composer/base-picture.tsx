import type { Image } from '@atelier/contracts'

/** Shows which picture the next instruction edits, and lets go of it. */
export function BasePicture({ image, onRemove }: { image: Image; onRemove(): void }) {
  return (
    <p className="base">
      <img src={image.thumbnailUrl} alt="" width={36} height={36} />
      <span>Editing {image.kind === 'uploaded' ? 'your picture' : 'this picture'}</span>
      <button type="button" className="quiet" onClick={onRemove}>
        Start from nothing
      </button>
    </p>
  )
}
