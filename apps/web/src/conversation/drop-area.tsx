import { useEffect, type ReactNode } from 'react'
import { useDropzone } from 'react-dropzone'
import { ExternalStore } from '../app/external-store.js'
import { pictureTypes } from '../composer/use-uploads.js'
import { words } from '../messages/words.js'
import styles from './conversation.module.css'

/** What takes dropped files now: the conversation that is there. */
const taker = new ExternalStore<((files: File[]) => void) | null>(null)

/** Takes files that are dropped on a {@link DropArea}, as long as the component is there. */
export function useDroppedFiles(take: (files: File[]) => void): void {
  useEffect(() => {
    taker.set(() => take)
  })
  useEffect(() => () => taker.set(null), [])
}

/** A part of the page that files can be dropped on. `children` get what opens the browser's dialog to choose some. */
export function DropArea({ children }: { children: ReactNode | ((chooseFiles: () => void) => ReactNode) }) {
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    // Refused files are named with the reason, like those that the server refuses.
    onDrop: (accepted, refused) => taker.state?.([...accepted, ...refused.map(({ file }) => file)]),
    accept: pictureTypes,
    noClick: true,
    noKeyboard: true,
  })
  return (
    <div {...getRootProps({ className: styles.conversation })} role={undefined}>
      <input {...getInputProps({ 'aria-hidden': true, tabIndex: -1 })} />
      {isDragActive && <p className={styles.drop}>{words.composer.dropHere}</p>}
      {typeof children === 'function' ? children(open) : children}
    </div>
  )
}
