import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { useEffect, useRef, useState } from 'react'
import { Composer } from '../composer/composer.js'
import { madeImages } from './conversation-state.js'
import { ModelNote } from './model-note.js'
import { TurnView } from './turn-view.js'
import { useConversation } from './use-conversation.js'
import { useModel } from './use-model.js'

/** The conversation of the address, or a new one. */
export function Conversation({ client, onUnauthorized }: { client: Atelier; onUnauthorized(): void }) {
  const { state, sessionId, error, connected, fail, setError, send, cancel, retry, startOver } = useConversation(client, onUnauthorized)
  const model = useModel(client, fail)
  const [chosen, setChosen] = useState<Image | 'none' | null>(null)
  const made = madeImages(state)
  const latest = [...made.values()].at(-1) ?? null
  const base = chosen === 'none' ? null : chosen ?? latest
  const end = useRef<HTMLDivElement>(null)
  const running = state.turns.at(-1)?.generations.at(-1)?.status

  useEffect(() => { setChosen(null) }, [sessionId])
  // A picture that has just been made is what the next instruction is about.
  useEffect(() => { setChosen(null) }, [latest?.id])
  useEffect(() => { if (state.turns.length > 0) end.current?.scrollIntoView({ block: 'end', behavior: 'smooth' }) }, [state.turns.length, running])

  return (
    <div className="page">
      <header>
        <h1>Atelier</h1>
        {!connected && <span className="note" role="status">Reconnecting …</span>}
        {state.turns.length > 0 && <button type="button" className="quiet" onClick={startOver}>New conversation</button>}
      </header>
      <main>
        {state.turns.length === 0 && <p className="welcome">Say what to draw. Then say what to change.</p>}
        {model && <ModelNote model={model} open={state.turns.length === 0} />}
        <ol className="turns">
          {state.turns.map((turn) => (
            <TurnView
              key={turn.id} client={client} turn={turn} made={made} positions={state.positions} previews={state.previews} chosenId={base?.id}
              onChoose={setChosen} onCancel={cancel} onRetry={retry}
            />
          ))}
        </ol>
        <div ref={end} className="end" />
      </main>
      <Composer
        client={client} examples={model?.examples ?? []} base={base} error={error}
        onBase={(image) => setChosen(image ?? 'none')} onError={(problem) => (problem === null ? setError(null) : fail(problem))} onSend={send}
      />
    </div>
  )
}
