import { piecesOf } from '../conversation/mentions.js'

// The instruction as a tree of DOM nodes: text, line breaks, and chips that cannot be edited and stand for `@img_…`.
// The browser edits the tree; these functions read and change it.

/** What is typed to look for a picture: an `@` at the start of a word, and what follows it. */
const beginning = /(?:^|[\s(])@([^\n@]{0,40})$/

/** A chip: an empty element that the editor fills with the picture. */
function chipOf(imageId: string): HTMLElement {
  const chip = document.createElement('span')
  chip.dataset.mention = imageId
  chip.contentEditable = 'false'
  return chip
}

/** The nodes of a text with its mentions. */
function nodesOf(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment()
  for (const piece of piecesOf(text)) fragment.append('text' in piece ? piece.text : chipOf(piece.imageId))
  return fragment
}

/** The chips in the tree, in order. */
export const chipsIn = (root: HTMLElement): HTMLElement[] =>
  Array.from(root.querySelectorAll<HTMLElement>('[data-mention]'))

/** The text of a tree, with each chip as its `@img_…`. */
// A line break at the very end is how browsers let the caret stand in an empty last line.
export const textOf = (root: Node): string => wholeTextOf(root).replace(/\n$/, '')

function wholeTextOf(root: Node): string {
  let text = ''
  const read = (node: Node) => {
    // Some browsers put a line into a block of its own.
    if (node instanceof HTMLDivElement && node !== root && text && !text.endsWith('\n')) text += '\n'
    if (node instanceof Text) text += node.data
    else if (node instanceof HTMLBRElement) text += '\n'
    else if (node instanceof HTMLElement && node.dataset.mention) text += `@${node.dataset.mention}`
    else node.childNodes.forEach(read)
  }
  read(root)
  return text.replace(/\u00a0/g, ' ')
}

/** Puts a text in place of the whole tree, and the caret into it if the editor has the focus: at its end, or at a place. */
export function fill(root: HTMLElement, text: string, caret = text.length): void {
  root.replaceChildren(nodesOf(text))
  if (text.endsWith('\n')) root.append(document.createElement('br'))
  if (document.activeElement !== root) return
  let before = 0
  for (const [index, node] of root.childNodes.entries()) {
    const after = before + wholeTextOf(node).length
    if (node instanceof Text && caret <= after) return putCaret(node, caret - before)
    if (caret <= before) return putCaret(root, index)
    before = after
  }
  putCaret(root, root.childNodes.length)
}

/** Where the caret stands in the text of the tree; at its end, if it is elsewhere. */
export function caretIn(root: HTMLElement): number {
  const range = rangeIn(root)?.cloneRange()
  if (!range) return textOf(root).length
  range.setStart(root, 0)
  return wholeTextOf(range.cloneContents()).length
}

function putCaret(node: Node, offset: number): void {
  const range = document.createRange()
  range.setStart(node, offset)
  range.collapse(true)
  const selection = window.getSelection()
  selection?.removeAllRanges()
  selection?.addRange(range)
}

/** The selection, if it lies within the editor. */
function rangeIn(root: HTMLElement): Range | null {
  const selection = window.getSelection()
  const range = selection?.rangeCount ? selection.getRangeAt(0) : null
  return range && root.contains(range.commonAncestorContainer) ? range : null
}

/** Puts a text in place of the selection, or at the end; the caret stands behind it. */
export function insert(root: HTMLElement, text: string): void {
  // A text without pictures goes through the browser, so that it can be undone there.
  if (rangeIn(root) && !piecesOf(text).some((piece) => 'imageId' in piece)) {
    for (const [index, line] of text.split('\n').entries()) {
      if (index > 0) document.execCommand('insertLineBreak')
      if (line) document.execCommand('insertText', false, line)
    }
    return
  }
  let range = rangeIn(root)
  if (!range) {
    range = document.createRange()
    range.selectNodeContents(root)
    range.collapse(false)
  }
  range.deleteContents()
  const nodes = nodesOf(text)
  const last = nodes.lastChild
  range.insertNode(nodes)
  if (!last) return
  const after = document.createRange()
  after.setStartAfter(last)
  after.collapse(true)
  putCaret(after.startContainer, after.startOffset)
}

/** What is typed behind an `@` right before the caret; null: no picture is looked for. */
export function searchAtCaret(root: HTMLElement): string | null {
  const range = rangeIn(root)
  if (!range?.collapsed || !(range.startContainer instanceof Text)) return null
  return beginning.exec(range.startContainer.data.slice(0, range.startOffset))?.[1] ?? null
}

/** Puts a mention in place of the `@…` before the caret, or at the caret, with a space behind it. */
export function mention(root: HTMLElement, imageId: string): void {
  root.focus()
  const search = searchAtCaret(root)
  const range = rangeIn(root)
  if (search !== null && range) {
    range.setStart(range.startContainer, range.startOffset - search.length - 1)
    range.deleteContents()
  }
  insert(root, `@${imageId} `)
}

/** The selected part of the instruction as text; empty: nothing is selected. */
export function selectedText(root: HTMLElement): string {
  const range = rangeIn(root)
  return range && !range.collapsed ? textOf(range.cloneContents()) : ''
}
