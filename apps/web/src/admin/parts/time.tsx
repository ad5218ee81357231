import { useEffect } from 'react'
import { ExternalStore, useStore } from '../../app/external-store.js'
import { agoOf, lengthOf, momentOf } from './times.js'

const tickMs = 5_000
const clock = new ExternalStore(Date.now())
let watchers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The time in milliseconds since 1970, every five seconds anew: one clock for the whole page. */
function useNow(): number {
  useEffect(() => {
    clock.set(Date.now())
    if (watchers++ === 0) timer = setInterval(() => clock.set(Date.now()), tickMs)
    return () => {
      if (--watchers === 0) clearInterval(timer)
    }
  }, [])
  return useStore(clock, (now) => now)
}

/** How long ago something was (or in how long it will be), with the moment itself as its title. */
export function Ago({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={momentOf(at)} className="numbers">
      {agoOf(Date.parse(at), now)}
    </time>
  )
}

/** For how long something has been so, with the moment when it began as its title. */
export function Lasting({ since }: { since: string }) {
  const now = useNow()
  return (
    <time dateTime={since} title={momentOf(since)} className="numbers">
      {lengthOf(Math.max(0, Math.round((now - Date.parse(since)) / 1000)))}
    </time>
  )
}

/** A moment, to the second. */
export const Moment = ({ at }: { at: string }) => (
  <time dateTime={at} className="numbers">
    {momentOf(at)}
  </time>
)
