import { useMemo } from 'react'
import { MentionContent } from './mention.js'
import { piecesOf } from './mentions.js'

/** An instruction as it was written: mentions are shown as pictures, and copied as `@img_…`. */
export function InstructionText({ instruction }: { instruction: string }) {
  const pieces = useMemo(() => piecesOf(instruction), [instruction])
  return pieces.map((piece, index) =>
    // oxlint-disable-next-line react/no-array-index-key
    'text' in piece ? piece.text : <MentionContent key={index} imageId={piece.imageId} />,
  )
}
