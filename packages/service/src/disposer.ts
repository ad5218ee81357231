/** What a process has opened, closed in reverse order. (`AsyncDisposableStack` of Node 24, while Node 20 is supported.) */
export class Disposer {
  private readonly closers: (() => unknown)[] = []
  private closing: Promise<void> | undefined

  /** Runs `close` at the end, before everything that was added earlier. */
  defer(close: () => unknown): void {
    this.closers.push(close)
  }

  /** Waits for a part to open, and closes it at the end. */
  async use<T extends { close(): Promise<unknown> }>(opening: T | Promise<T>): Promise<T> {
    const part = await opening
    this.defer(() => part.close())
    return part
  }

  /** Closes everything, the latest first. Later calls wait for the first. */
  close(): Promise<void> {
    return (this.closing ??= this.closeAll())
  }

  private async closeAll(): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) await close()
  }
}
