import { Pause, Play, Trash2 } from 'lucide-react'
import { numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { Loaded } from '../parts/loaded.js'
import { Panel } from '../parts/panel.js'
import { admin, useQueue } from '../server/queries.js'
import styles from './queue.module.css'

const { queue: words } = adminWords

/** Whether the queue hands out work, and what stops and empties it. */
export function QueueControl() {
  return (
    <Loaded query={useQueue()}>
      {({ paused, pausedModels, lanes, backend }) => {
        const sum = (name: 'waiting' | 'running' | 'parked') => lanes.reduce((all, lane) => all + lane[name], 0)
        const waiting = sum('waiting')
        const running = sum('running')
        return (
          <Panel
            title={words.control}
            actions={
              <>
                <Badge tone={paused || pausedModels.length ? 'warn' : 'good'}>
                  {paused ? words.paused : pausedModels.length ? words.partlyPaused(pausedModels.length) : words.open}
                </Badge>
                {paused ? (
                  <Action
                    label={words.resumeAll}
                    icon={Play}
                    kind="primary"
                    run={() => admin.resume().then(() => words.resumed)}
                  />
                ) : (
                  <Action
                    label={words.pauseAll}
                    icon={Pause}
                    ask={{ title: words.pauseTitle, text: words.pauseText }}
                    run={() => admin.pause().then(() => words.pausedNow)}
                  />
                )}
                <Action
                  label={words.cancelAll}
                  icon={Trash2}
                  disabled={waiting + sum('parked') === 0}
                  ask={{
                    title: words.cancelAllTitle(numberOf(waiting + sum('parked'))),
                    text: words.cancelAllText,
                    danger: true,
                  }}
                  run={() => admin.cancelQueued().then(({ cancelled }) => words.cancelledAll(numberOf(cancelled)))}
                />
              </>
            }
          >
            <p className={styles.state} role="status">
              {words.counts(numberOf(waiting), numberOf(running), numberOf(sum('parked')))}{' '}
              {paused && (running ? words.draining(numberOf(running)) : words.drained)} {words.backend(backend)}
            </p>
          </Panel>
        )
      }}
    </Loaded>
  )
}
