// What the benchmark of the chat and some tests put into the page before anything else runs. Scripts, because they run there.

/** `__interactive`: when the instruction could first be typed and the page had nothing else to do, in milliseconds. */
export const interactiveProbe = `
  new MutationObserver((_, observer) => {
    if (!document.querySelector('[role=textbox], textarea')) return
    observer.disconnect()
    requestAnimationFrame(() => setTimeout(() => { window.__interactive = performance.now() }))
  }).observe(document, { childList: true, subtree: true })`

/** `__frames`: the milliseconds between frames while `__watchFrames(true)`; `__slow`: what long ones were spent on. */
export const frameProbe = `
  window.__frames = []
  window.__slow = []
  let watching = false
  window.__watchFrames = (on) => {
    watching = on
    if (!on) return
    window.__frames = []
    window.__slow = []
    let last = performance.now()
    const frame = (now) => {
      window.__frames.push(now - last)
      last = now
      if (watching) requestAnimationFrame(frame)
    }
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame) })
  }
  new PerformanceObserver((list) => {
    if (!watching) return
    for (const { duration, blockingDuration, scripts } of list.getEntries())
      window.__slow.push([Math.round(duration), Math.round(blockingDuration),
        ...scripts.map((s) => s.invoker + ' ' + Math.round(s.duration))].join(' · '))
  }).observe({ type: 'long-animation-frame' })`

/** `__typing`: milliseconds from each key until the frame that shows its letter. */
export const typingProbe = `
  window.__typing = []
  document.addEventListener('keydown', ({ timeStamp }) => {
    const channel = new MessageChannel()
    channel.port1.onmessage = () => window.__typing.push(performance.now() - timeStamp)
    requestAnimationFrame(() => channel.port2.postMessage(0))
  }, true)`

/** `__steps`: milliseconds from the arrival of each live step until the frame that shows it. */
export const stepProbe = `
  window.__steps = []
  let waiting
  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args)
      this.addEventListener('message', ({ data }) => {
        const step = typeof data === 'string' && data.startsWith('42["generation-progress"')
          && /"step":(\\d+)/.exec(data)?.[1]
        if (step) waiting = { step, at: performance.now() }
      })
    }
  }
  const shown = (step) => [...document.querySelectorAll('progress, [role=progressbar]')]
    .some((bar) => (bar.getAttribute('aria-valuenow') ?? String(bar.value)) === step)
  new MutationObserver(() => {
    if (!waiting || !shown(waiting.step)) return
    const { at } = waiting
    waiting = undefined
    const channel = new MessageChannel()
    channel.port1.onmessage = () => window.__steps.push(performance.now() - at)
    requestAnimationFrame(() => channel.port2.postMessage(0))
  }).observe(document, { attributes: true, childList: true, characterData: true, subtree: true })`

/**
 * `__openedAtOnce`: how many sockets were opened as soon as the browser was online again, before anything else happened;
 * `__saidBack`: whether the page has said since that it is connected again, which it does for a moment only.
 */
export const reconnectProbe = `
  let opened = 0
  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args)
      opened++
    }
  }
  window.addEventListener('online', () => {
    opened = 0
    setTimeout(() => { window.__openedAtOnce = opened })
    new MutationObserver(() => {
      if (document.body.textContent.includes('Connected again.')) window.__saidBack = true
    }).observe(document.body, { characterData: true, childList: true, subtree: true })
  })`
