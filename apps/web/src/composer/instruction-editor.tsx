import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type Ref,
} from 'react'
import { createPortal } from 'react-dom'
import { MentionContent } from '../conversation/mention.js'
import { caretIn, chipsIn, fill, insert, mention, searchAtCaret, selectedText, textOf } from './editor-dom.js'
import { instructionId } from './focus-instruction.js'
import styles from './instruction-editor.module.css'
import { TextHistory, type Written } from './text-history.js'

/** What others can do with the editor. */
export interface InstructionEditorHandle {
  focus(): void
  /** Writes a mention of a picture where the caret is, in place of the `@…` before it. */
  mention(imageId: string): void
  /** Writes text where the caret is, or at the end. */
  insert(text: string): void
}

/** What an {@link InstructionEditor} needs. */
export interface InstructionEditorProps {
  ref: Ref<InstructionEditorHandle>
  /** The instruction, with mentions as `@img_…`. */
  text: string
  label: string
  placeholder: string
  onText(text: string): void
  /** A picture is looked for by what is typed behind an `@`; null: not any more. */
  onSearch(search: string | null): void
  /** Before the editor acts on a key; `preventDefault` keeps it from acting. */
  onKeyDown(event: React.KeyboardEvent<HTMLElement>): void
  /** Files were pasted. */
  onFiles(files: File[]): void
  /** Names the list of pictures that `@` has opened, and the option that is highlighted, for screen readers. */
  listId: string | undefined
  optionId: string | undefined
}

/**
 * The field for the instruction. Mentions are chips with their thumbnails; copied, they are `@img_…`, and pasted they are
 * chips again. The browser owns the text while it is typed, so that typing waits for nothing.
 */
export function InstructionEditor(props: InstructionEditorProps) {
  const { ref, text, label, placeholder, onText, onSearch, onKeyDown, onFiles, listId, optionId } = props
  const root = useRef<HTMLDivElement>(null)
  const written = useRef<string | null>(null)
  const [chips, setChips] = useState<HTMLElement[]>([])
  const [history] = useState(() => new TextHistory({ text, caret: text.length }))

  const readChips = useCallback(() => {
    const now = chipsIn(root.current!)
    setChips((before) =>
      now.length === before.length && now.every((chip, index) => chip === before[index]) ? before : now,
    )
  }, [])
  const changed = (kind?: string) => {
    const element = root.current!
    written.current = textOf(element)
    history.write({ text: written.current, caret: caretIn(element) }, kind)
    // An empty field holds nothing, so that its placeholder shows.
    if (written.current === '' && element.childNodes.length) element.replaceChildren()
    readChips()
    onText(written.current)
    onSearch(searchAtCaret(element))
  }

  // Text that was not typed here: an example, a turn to edit, a draft of another conversation.
  useLayoutEffect(() => {
    if (text === written.current) return
    written.current = text
    history.write({ text, caret: text.length })
    fill(root.current!, text)
    readChips()
  }, [text, history, readChips])

  const stepTo = (step: Written | undefined) => {
    if (!step) return
    written.current = step.text
    fill(root.current!, step.text, step.caret)
    readChips()
    onText(step.text)
    onSearch(null)
  }
  const latestStep = useRef(stepTo)
  useEffect(() => {
    latestStep.current = stepTo
  })
  // By keys, by a menu of the browser, by shaking a phone.
  useEffect(() => {
    const element = root.current!
    const before = (event: InputEvent) => {
      if (event.inputType !== 'historyUndo' && event.inputType !== 'historyRedo') return
      event.preventDefault()
      latestStep.current(event.inputType === 'historyUndo' ? history.undo() : history.redo())
    }
    element.addEventListener('beforeinput', before)
    return () => element.removeEventListener('beforeinput', before)
  }, [history])

  useImperativeHandle(ref, () => ({
    focus: () => {
      const element = root.current!
      if (document.activeElement === element) return
      element.focus()
      window.getSelection()?.selectAllChildren(element)
      window.getSelection()?.collapseToEnd()
    },
    mention: (imageId) => {
      mention(root.current!, imageId)
      changed()
    },
    insert: (added) => {
      root.current!.focus()
      insert(root.current!, added)
      changed()
    },
  }))

  useEffect(() => {
    // Moving the caret away from an `@…` ends the search.
    const moved = () => {
      if (document.activeElement === root.current) onSearch(searchAtCaret(root.current!))
    }
    document.addEventListener('selectionchange', moved)
    return () => document.removeEventListener('selectionchange', moved)
  }, [onSearch])

  const copy = (event: ClipboardEvent) => {
    const selected = selectedText(root.current!)
    if (!selected) return
    event.preventDefault()
    event.clipboardData.setData('text/plain', selected)
    if (event.type !== 'cut') return
    document.execCommand('delete')
    changed()
  }
  const paste = (event: ClipboardEvent) => {
    event.preventDefault()
    const files = Array.from(event.clipboardData.files)
    if (files.length) return onFiles(files)
    insert(root.current!, event.clipboardData.getData('text/plain').replace(/\r\n?/g, '\n'))
    changed()
  }

  return (
    <>
      <div
        ref={root}
        id={instructionId}
        className={styles.editor}
        contentEditable
        suppressContentEditableWarning
        role="textbox"
        aria-multiline="true"
        aria-label={label}
        aria-placeholder={placeholder}
        data-placeholder={placeholder}
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={optionId}
        dir="auto"
        spellCheck
        enterKeyHint="send"
        onInput={(event) => changed((event.nativeEvent as InputEvent).inputType)}
        onKeyDown={(event) => {
          onKeyDown(event)
          if (event.defaultPrevented) return
          if (event.key === 'Enter') {
            event.preventDefault()
            document.execCommand('insertLineBreak')
          }
          if (!event.ctrlKey && !event.metaKey) return
          const key = event.key.toLowerCase()
          // Text has no bold or italic here; and the browser asks for an undo only when it has one itself.
          if (!['b', 'i', 'u', 'y', 'z'].includes(key) || event.altKey) return
          event.preventDefault()
          if (key === 'y' || (key === 'z' && event.shiftKey)) stepTo(history.redo())
          else if (key === 'z') stepTo(history.undo())
        }}
        onBlur={() => onSearch(null)}
        onCopy={copy}
        onCut={copy}
        onPaste={paste}
        onDrop={(event) => event.preventDefault()}
      />
      {chips.map((chip, index) =>
        createPortal(<MentionContent imageId={chip.dataset.mention!} />, chip, String(index)),
      )}
    </>
  )
}
