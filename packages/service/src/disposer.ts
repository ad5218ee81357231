/**
 * Closes what a process has opened, in reverse order. It stands in for `AsyncDisposableStack` (Node 24) while Node 20 is
 * supported.
 */
export class Disposer {
  private readonly closers: (() => unknown)[] = []
  private closing: Promise<void> | undefined

  /** Registers `close` to run on disposal, before everything registered earlier. */
  defer(close: () => unknown): void {
    this.closers.push(close)
  }

  /** Waits for a resource to open and registers its `close`. */
  async use<T extends { close(): Promise<unknown> }>(opening: T | Promise<T>): Promise<T> {
    const resource = await opening
    this.defer(() => resource.close())
    return resource
  }

  /** Closes everything, newest first. Later calls wait for the first. */
  close(): Promise<void> {
    return (this.closing ??= this.closeAll())
  }

  private async closeAll(): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) await close()
  }
}
