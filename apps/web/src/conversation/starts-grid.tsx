import { ArrowRight } from 'lucide-react'
import { useState } from 'react'
import { fail } from '../app/failure.js'
import { focusInstruction } from '../composer/focus-instruction.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { useModel } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import { startsOf, type Start } from './starts.js'
import styles from './starts-grid.module.css'
import { useConversationActions } from './use-conversation-actions.js'

/** Most examples of a model without pictures of its own. */
const maxExamples = 8

/** What a new conversation can begin with: a start for each kind of task, by one click. */
export function StartsGrid() {
  const model = useModel()
  const { send } = useConversationActions()
  const { setText } = useDraftActions()
  const [running, setRunning] = useState<string | null>(null)
  if (!model) return null
  const starts = startsOf(model.name)
  const begin = async (start: Start) => {
    if (running) return
    setRunning(start.kind)
    try {
      await start.run(send)
    } catch (error) {
      fail(error)
    }
    setRunning(null)
  }
  return (
    <div className={styles.starts}>
      <header className={styles.head}>
        <h2>{words.starts.title}</h2>
        <p>{starts.length > 0 ? words.starts.note(model.title) : model.description}</p>
      </header>
      {starts.length > 0 ? (
        <ul className={styles.grid}>
          {starts.map((start) => (
            <li key={start.kind}>
              <button
                type="button"
                className={styles.card}
                aria-busy={running === start.kind}
                aria-disabled={running !== null}
                onClick={() => void begin(start)}
              >
                <span className={styles.pictures} aria-hidden>
                  {start.before && (
                    <>
                      <img className={styles.before} src={start.before} alt="" />
                      <ArrowRight size={16} />
                    </>
                  )}
                  <img className={styles.after} src={start.after} alt="" />
                </span>
                <span className={styles.kind}>{words.starts.kinds[start.kind]}</span>
                <span className={styles.instruction}>
                  {start.instruction[0]}
                  {start.instruction.length > 1 && <img src={start.before ?? ''} alt={words.conversation.thePicture} />}
                  {start.instruction[1]}
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <ul className={styles.examples}>
          {model.examples.slice(0, maxExamples).map((example) => (
            <li key={example}>
              <button
                type="button"
                className={controls.plain}
                onClick={() => {
                  setText(example)
                  focusInstruction()
                }}
              >
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
