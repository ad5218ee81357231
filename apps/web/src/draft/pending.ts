const pending = new Set<Promise<boolean>>()

/**
 * Says that a change of the draft is on its way to the server, such as a mask that is being uploaded, so that the person can
 * write on meanwhile and nothing is sent without it.
 *
 * @param change - whether it went well
 */
export function pend(change: Promise<boolean>): void {
  pending.add(change)
  void change.finally(() => pending.delete(change))
}

/** Waits for changes that are on their way. @returns whether all went well */
export const arePendingDone = async (): Promise<boolean> => (await Promise.all(pending)).every(Boolean)
