import { Brush, Eraser, Hand, LassoSelect, SquareDashed, type LucideIcon } from 'lucide-react'

/** What the pointer does to a mask. */
export type MaskTool = 'brush' | 'eraser' | 'lasso' | 'rectangle' | 'hand'

/** The tools in the order in which they are offered, with the keys that choose them. */
export const maskTools: { tool: MaskTool; icon: LucideIcon; key: string }[] = [
  { tool: 'brush', icon: Brush, key: 'B' },
  { tool: 'eraser', icon: Eraser, key: 'E' },
  { tool: 'lasso', icon: LassoSelect, key: 'L' },
  { tool: 'rectangle', icon: SquareDashed, key: 'R' },
  { tool: 'hand', icon: Hand, key: 'H' },
]
