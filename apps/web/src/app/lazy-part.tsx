import { lazy, type ComponentType } from 'react'

/** A part of the page could not be loaded: the server was out of reach, or it has a newer version of the page. */
export class PartNotLoaded extends Error {
  override name = 'PartNotLoaded'
}

const loaders: (() => Promise<unknown>)[] = []
const failed = new Set<() => void>()

/**
 * A component that is loaded when it is first shown, or before that in idle time ({@link loadPartsInIdleTime}). Shown within
 * a `Part`, which says so when it cannot be loaded ({@link PartNotLoaded}) and tries again.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): (props: Props) => React.ReactNode {
  loaders.push(load)
  let current: ComponentType<Props>
  let tries = 0
  let next = load
  const begin = () => {
    current = lazy(() =>
      next().catch((cause: unknown) => {
        failed.add(begin)
        const address = addressIn(cause)
        tries += 1
        next = address ? () => import(/* @vite-ignore */ `${address}?again=${tries}`) : load
        throw new PartNotLoaded(undefined, { cause })
      }),
    ) as unknown as ComponentType<Props>
  }
  begin()
  return function LazyPart(props) {
    const Loaded = current
    return <Loaded {...props} />
  }
}

/** The address of a script that could not be loaded. Chromium would not ask for the same one again; Safari does not tell it. */
const addressIn = (cause: unknown): string | undefined =>
  /https?:\/\/[^\s?]+\.js/.exec(cause instanceof Error ? cause.message : '')?.[0]

/** Lets parts that could not be loaded be loaded again. */
export function forgetFailedParts(): void {
  for (const begin of failed) begin()
  failed.clear()
}

/** How long after its first parts the page begins to load the others, in milliseconds. */
const idleAfterMs = 2_000
let begun = false

/** Loads one part after another while nothing else is to be done, so that each is there at once when it is asked for. */
export function loadPartsInIdleTime(): void {
  if (begun) return
  begun = true
  const whenIdle = window.requestIdleCallback ?? ((act: () => void) => setTimeout(act, 200))
  let index = 0
  const next = () => {
    // A failed load may be remembered by the browser: without a connection it is not tried.
    const load = navigator.onLine ? loaders[index++] : undefined
    if (load)
      load().then(
        () => whenIdle(next),
        () => {},
      )
  }
  setTimeout(() => whenIdle(next), idleAfterMs)
}
