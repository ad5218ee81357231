import type { Atelier } from '@atelier/client'
import type { Image, Model } from '@atelier/contracts'
import { useEffect, useState } from 'react'
import { Composer } from '../composer/composer.js'
import { madeImages } from './conversation-state.js'
import { TurnView } from './turn-view.js'
import { useConversation } from './use-conversation.js'

/** A picture to continue from, or none; it holds until the conversation has a newer picture than `latestId`. */
interface Choice {
  image: Image | null
  latestId: string | undefined
}

const showEnd = (end: HTMLElement | null) => end?.scrollIntoView({ block: 'end', behavior: 'smooth' })

/** The conversation of the address, or a new one. */
export function Conversation({ client, onUnauthorized }: { client: Atelier; onUnauthorized(): void }) {
  const conversation = useConversation(client, onUnauthorized)
  const { state, error, connected, fail } = conversation
  const model = useModel(client, fail)
  const [choice, setChoice] = useState<Choice | null>(null)
  const made = madeImages(state)
  const latest = [...made.values()].at(-1) ?? null
  const base = choice && choice.latestId === latest?.id ? choice.image : latest
  const choose = (image: Image | null) => setChoice({ image, latestId: latest?.id })
  const begun = state.turns.length > 0
  const newest = state.turns.at(-1)?.generations.at(-1)
  const startOver = () => {
    setChoice(null)
    conversation.startOver()
  }

  return (
    <div className="page">
      <header>
        <h1>Atelier</h1>
        {!connected && (
          <span className="note" role="status">
            Reconnecting …
          </span>
        )}
        {begun && (
          <button type="button" className="quiet" onClick={startOver}>
            New conversation
          </button>
        )}
      </header>
      <main>
        {!begun && <p className="welcome">Describe a picture. Then say what to change.</p>}
        {model && <ModelNote key={String(begun)} model={model} open={!begun} />}
        {state.before && (
          <button type="button" className="quiet earlier" onClick={conversation.showEarlier}>
            Show earlier turns
          </button>
        )}
        <ol className="turns">
          {state.turns.map((turn) => (
            <TurnView
              key={turn.id}
              client={client}
              turn={turn}
              made={made}
              positions={state.positions}
              previews={state.previews}
              chosenId={base?.id}
              onChoose={choose}
              onCancel={conversation.cancel}
              onRetry={conversation.retry}
              onSibling={conversation.showSibling}
            />
          ))}
        </ol>
        {/* Made anew, and so scrolled to, with each turn and each change of the last one's state. */}
        {begun && <div key={`${state.turns.at(-1)?.id} ${newest?.status}`} ref={showEnd} className="end" />}
      </main>
      <Composer
        client={client}
        examples={model?.examples ?? []}
        base={base}
        error={error}
        onBase={choose}
        onError={fail}
        onDismiss={conversation.dismiss}
        onSend={conversation.send}
      />
    </div>
  )
}

/** The default model of the server; null until it is known. */
function useModel(client: Atelier, fail: (error: unknown) => void): Model | null {
  const [model, setModel] = useState<Model | null>(null)
  useEffect(() => {
    let current = true
    const read = async () => {
      const models = await client.models.list()
      if (current) setModel(models.find((m) => m.default) ?? models[0] ?? null)
    }
    read().catch((error: unknown) => {
      if (current) fail(error)
    })
    return () => {
      current = false
    }
  }, [client, fail])
  return model
}

/** What the model is and what it knows, in its own words. */
function ModelNote({ model, open }: { model: Model; open: boolean }) {
  return (
    <details className="model-note" open={open}>
      <summary>{model.title}</summary>
      <p>{model.description}</p>
      {model.vocabulary.length > 0 && <p className="note">Words it knows: {model.vocabulary.join(', ')}.</p>}
    </details>
  )
}
