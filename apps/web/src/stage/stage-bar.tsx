import type { Image } from '@atelier/contracts'
import {
  ArrowLeft,
  Brush,
  Expand,
  Images,
  Info,
  Maximize2,
  Network,
  SquareSplitHorizontal,
  type LucideIcon,
} from 'lucide-react'
import { useIsWide } from '../app/use-media.js'
import type { MadePicture } from '../conversation/conversation-state.js'
import { words } from '../messages/words.js'
import { IconButton } from '../theme/icon-button.js'
import { Tip } from '../theme/tip.js'
import { PictureMenu } from './picture-menu.js'
import styles from './stage-bar.module.css'
import { useStage, type StageTool } from './stage-store.js'

/** What the bar is about. */
export interface StageBarProps {
  image: Image | undefined
  /** Where the conversation made it; undefined for an uploaded picture. */
  made: MadePicture | undefined
}

/** The tools of the stage, and what can be done with its picture. On narrow screens the tools are at the bottom. */
export function StageBar({ image, made }: StageBarProps) {
  const { tool, setTool, show, close, setPanel, setFullScreen } = useStage()
  const wide = useIsWide()
  const variations = made?.turn.generations.reduce((sum, { images }) => sum + images.length, 0) ?? 0
  // a tool works on the picture that was on the stage when it was taken, also when a newer one comes
  const choose = (next: StageTool) => (tool === next ? setTool('look') : image && show(image.id, next))
  const button = (name: StageTool, icon: LucideIcon, help: string, shortcut: string, disabled = false) => (
    <ToolButton
      name={name}
      icon={icon}
      label={name === 'look' ? words.stage.look : words.stage[name]}
      help={help}
      shortcut={shortcut}
      pressed={tool === name}
      disabled={disabled}
      onClick={() => choose(name)}
    />
  )
  return (
    <header className={styles.bar} data-shortcuts>
      {!wide && <IconButton icon={ArrowLeft} label={words.stage.back} onClick={close} />}
      {image && (
        <>
          <div className={styles.tools} role="group" aria-label={words.stage.tools}>
            {button('mask', Brush, words.stage.maskHelp, 'B')}
            {button('frame', Expand, words.stage.frameHelp, 'X')}
            {button(
              'compare',
              SquareSplitHorizontal,
              made?.turn.images.length ? words.stage.compareHelp : words.stage.compareNone,
              'C',
              !made?.turn.images.length,
            )}
            {button('variations', Images, words.stage.variationsHelp, 'V', variations < 2)}
          </div>
          <div className={styles.actions}>
            <PictureMenu image={image} made={made} />
            {made && (
              <IconButton
                icon={Info}
                label={words.stage.details}
                shortcut="I"
                onClick={() => setPanel({ kind: 'details', generationId: made.generation.id })}
              />
            )}
            <IconButton icon={Network} label={words.stage.map} shortcut="M" onClick={() => setPanel({ kind: 'map' })} />
            <IconButton
              icon={Maximize2}
              label={words.stage.fullScreen}
              shortcut="F"
              onClick={() => setFullScreen(true)}
            />
          </div>
        </>
      )}
    </header>
  )
}

interface ToolButtonProps {
  name: StageTool
  icon: LucideIcon
  label: string
  help: string
  shortcut: string
  pressed: boolean
  disabled: boolean
  onClick(): void
}

/** A tool with its name beside its icon. One that cannot be used says why when it is pointed at. */
function ToolButton({ name, icon: Icon, label, help, shortcut, pressed, disabled, onClick }: ToolButtonProps) {
  return (
    <Tip text={help} shortcut={disabled ? undefined : shortcut}>
      <button
        type="button"
        className={styles.tool}
        aria-label={label}
        data-stage-tool={name}
        aria-pressed={pressed}
        aria-disabled={disabled || undefined}
        onClick={() => !disabled && onClick()}
      >
        <Icon size={18} aria-hidden />
        <span className={styles.label}>{label}</span>
      </button>
    </Tip>
  )
}
