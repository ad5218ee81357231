/** The embedded Postgres could not do what was asked; the message is one plain line for the person at the terminal. */
export class PostgresServerError extends Error {
  override readonly name = 'PostgresServerError'
}

const known: [RegExp, (port: number | undefined, directory: string) => string][] = [
  [
    /No space left on device|ENOSPC|Disk quota exceeded/,
    (_, directory) => `There is no space left on the disk of ${directory}.`,
  ],
  [
    /Address already in use/,
    (port) => `Port ${port} is taken by another program: choose another port, or stop that program.`,
  ],
  [
    /EROFS|EACCES|EPERM|Permission denied|Read-only file system/,
    (_, directory) => `There is no permission to write in ${directory}.`,
  ],
]

/**
 * Makes one line of what Postgres, initdb or the file system said.
 *
 * @param said - output of the program, or an error
 * @param where - the port that was asked for and the folder of the server
 */
export function explainServerError(
  said: unknown,
  where: { port?: number | undefined; directory: string },
): PostgresServerError {
  const text = said instanceof Error ? `${(said as NodeJS.ErrnoException).code ?? ''} ${said.message}` : String(said)
  const match = known.find(([pattern]) => pattern.test(text))
  const last =
    text.split('\n').findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? text.trim().split('\n').at(-1) ?? ''
  const message = match
    ? match[1](where.port, where.directory)
    : `Postgres did not start in ${where.directory}: ${last.trim()}`
  return new PostgresServerError(message, said instanceof Error ? { cause: said } : undefined)
}
