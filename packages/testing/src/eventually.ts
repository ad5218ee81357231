/**
 * Waits until a condition holds, looking every 20 ms.
 *
 * @throws when it does not within the time (default 10 s)
 */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds());) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}
