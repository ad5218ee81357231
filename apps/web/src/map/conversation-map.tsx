import type { TurnInTree } from '@atelier/contracts'
import { Ban, Hourglass, TriangleAlert, type LucideIcon } from 'lucide-react'
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { Unread } from '../app/unread.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { plainInstruction } from '../conversation/mentions.js'
import { Picture } from '../conversation/picture.js'
import { revealTurn } from '../conversation/reveal-turn.js'
import { maxTurns, useAllTurns } from '../conversation/use-all-turns.js'
import { useConversationActions } from '../conversation/use-conversation-actions.js'
import { words } from '../messages/words.js'
import { useStageActions } from '../stage/stage-store.js'
import { Drawer } from '../theme/drawer.js'
import drawer from '../theme/drawer.module.css'
import styles from './conversation-map.module.css'
import { layoutTree, neighbour, type PlacedTurn, type TreeLayout } from './layout-tree.js'

/** The tree of the conversation, with thumbnails to jump by. */
export default function ConversationMap({ onClose }: { onClose(): void }) {
  const { data: turns, error, refetch } = useAllTurns()
  const layout = useMemo(() => turns && layoutTree(turns), [turns])
  const path = useConversationState(({ turns }) => turns)
  const { showTurn } = useConversationActions()
  const { show } = useStageActions()
  const choose = async (turn: TurnInTree) => {
    onClose()
    if (!path.some(({ id }) => id === turn.id) && !(await showTurn(turn.id))) return
    const image = turn.generations.flatMap(({ images }) => images).at(-1)
    if (image) show(image.id)
    revealTurn(turn.id)
  }
  const branches = layout?.turns.filter(
    ({ turn }) => !layout.turns.some((other) => other.turn.parentTurnId === turn.id),
  )
  return (
    <Drawer
      title={words.map.title}
      note={layout && layout.turns.length > 0 && words.map.counts(layout.turns.length, branches?.length ?? 0)}
      closeLabel={words.map.close}
      width="40rem"
      onClose={onClose}
    >
      {error && <Unread error={error} refetch={refetch} />}
      {!layout && !error && <p className={drawer.note}>{words.map.reading}</p>}
      {layout?.turns.length === 0 && <p className={drawer.note}>{words.map.empty}</p>}
      {turns?.length === maxTurns && <p className={drawer.note}>{words.map.shortened(maxTurns)}</p>}
      {layout && layout.turns.length > 0 && (
        <Tree layout={layout} path={new Set(path.map(({ id }) => id))} hereId={path.at(-1)?.id} onChoose={choose} />
      )}
    </Drawer>
  )
}

/** Why a turn has no picture. */
type TurnState = 'waiting' | 'failed' | 'cancelled'
const stateIcons = { waiting: Hourglass, failed: TriangleAlert, cancelled: Ban } satisfies Record<TurnState, LucideIcon>

function stateOf({ generations }: TurnInTree): TurnState | null {
  const states = new Set(generations.map(({ status }) => status))
  if (states.has('queued') || states.has('running')) return 'waiting'
  return states.has('failed') ? 'failed' : states.has('cancelled') ? 'cancelled' : null
}

/** Size of a place of the map, and of the thumbnail in it, in pixels. */
const cell = { width: 96, height: 104 }
const thumb = 64
/** Places above and below what is in view that are drawn, too. */
const margin = 4

interface TreeProps {
  layout: TreeLayout<TurnInTree>
  /** Ids of the turns that the thread shows. */
  path: ReadonlySet<string>
  hereId: string | undefined
  onChoose(turn: TurnInTree): void
}

function Tree({ layout, path, hereId, onChoose }: TreeProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const [focused, setFocused] = useState(hereId ?? layout.turns.at(-1)!.turn.id)
  const [view, setView] = useState({ from: 0, to: 20 })
  const byId = useMemo(() => new Map(layout.turns.map((placed) => [placed.turn.id, placed])), [layout])
  const look = () => {
    const { scrollTop = 0, clientHeight = 0 } = scroller.current ?? {}
    const from = Math.floor(scrollTop / cell.height) - margin
    const to = Math.ceil((scrollTop + clientHeight) / cell.height) + margin
    setView((before) => (before.from === from && before.to === to ? before : { from, to }))
  }
  useLayoutEffect(() => {
    const here = byId.get(hereId ?? '')
    const { current } = scroller
    if (!here || !current) return
    current.scrollTop = (here.row + 0.5) * cell.height - current.clientHeight / 2
    current.scrollLeft = (here.column + 0.5) * cell.width - current.clientWidth / 2
    look()
    // only when it opens: afterwards the person scrolls
    // oxlint-disable-next-line react/exhaustive-deps
  }, [])
  useEffect(() => {
    scroller.current?.querySelector<HTMLElement>(`[data-turn="${focused}"]`)?.focus({ preventScroll: false })
  }, [focused])

  const press = (event: KeyboardEvent, placed: PlacedTurn<TurnInTree>) => {
    const next = neighbour(layout, placed, event.key)
    if (!next) return
    event.preventDefault()
    const { row } = byId.get(next.id)!
    const { current } = scroller
    // what is out of view is not drawn, and what is not drawn cannot be focused
    if (current && (row < view.from || row > view.to)) current.scrollTop = row * cell.height - current.clientHeight / 2
    look()
    setFocused(next.id)
  }
  const visible = layout.turns.filter(({ row }) => row >= view.from && row <= view.to)
  const lines = layout.turns.filter((placed) => {
    const parent = byId.get(placed.turn.parentTurnId ?? '')
    return parent && placed.row >= view.from && parent.row <= view.to
  })
  const [width, height] = [layout.columns * cell.width, layout.rows * cell.height]
  return (
    <div ref={scroller} className={styles.scroller} onScroll={look}>
      <div className={styles.tree} role="tree" aria-label={words.map.tree} style={{ width, height }}>
        <svg className={styles.lines} width={width} height={height} aria-hidden>
          {lines.map((placed) => (
            <path
              key={placed.turn.id}
              d={lineTo(placed, byId.get(placed.turn.parentTurnId!)!)}
              data-path={path.has(placed.turn.id) || undefined}
            />
          ))}
        </svg>
        {visible.map((placed) => {
          const { turn, row, column, index, siblings } = placed
          const images = turn.generations.flatMap(({ images }) => images)
          const image = images.at(-1)
          const instruction = plainInstruction(turn.instruction)
          const state = image ? null : stateOf(turn)
          const StateIcon = state && stateIcons[state]
          return (
            <button
              key={turn.id}
              type="button"
              role="treeitem"
              className={styles.turn}
              data-turn={turn.id}
              data-path={path.has(turn.id) || undefined}
              aria-level={row + 1}
              aria-posinset={index + 1}
              aria-setsize={siblings}
              aria-selected={turn.id === hereId}
              aria-label={words.map.turn(
                instruction,
                state ? words.map.states[state] : words.map.pictures(images.length),
              )}
              title={instruction}
              tabIndex={turn.id === focused ? 0 : -1}
              style={{ insetInlineStart: column * cell.width, insetBlockStart: row * cell.height, ...cell }}
              onKeyDown={(event) => press(event, placed)}
              onClick={() => onChoose(turn)}
            >
              <span className={styles.thumb} style={{ width: thumb, height: thumb }}>
                {image && <Picture image={image} link="thumbnailUrl" alt="" loading="lazy" />}
                {StateIcon && (
                  <span className={styles.state}>
                    <StateIcon size={20} aria-hidden />
                    {words.map.states[state!]}
                  </span>
                )}
                {images.length > 1 && <span className={styles.count} data-count={images.length} aria-hidden />}
              </span>
              <span className={styles.label} dir="auto">
                {instruction}
              </span>
            </button>
          )
        })}
      </div>
    </div>
  )
}

/** A line from a turn down to one that follows it: straight, or around a corner into another column. */
function lineTo(to: PlacedTurn<TurnInTree>, from: PlacedTurn<TurnInTree>): string {
  const middle = (column: number) => (column + 0.5) * cell.width
  const [x1, y1] = [middle(from.column), from.row * cell.height + thumb / 2]
  const [x2, y2] = [middle(to.column), to.row * cell.height + thumb / 2]
  if (x1 === x2) return `M${x1} ${y1}V${y2}`
  const [bend, radius] = [y2 - cell.height / 2 + 4, 10]
  const side = Math.sign(x2 - x1)
  return `M${x1} ${y1}V${bend - radius}q0 ${radius} ${side * radius} ${radius}H${x2 - side * radius}q${side * radius} 0 ${side * radius} ${radius}V${y2}`
}
