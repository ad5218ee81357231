import { environmentSchema, type Environment } from './settings.js'

/** The environment does not fit: one line a variable. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/**
 * Reads and checks the environment. Empty variables count as not set.
 *
 * @param source - default: the process's own environment
 * @throws EnvironmentError naming every variable that does not fit (never its value)
 */
export function readEnvironment(source: Record<string, string | undefined> = process.env): Environment {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environmentSchema.safeParse(set)
  if (parsed.success) return parsed.data
  throw new EnvironmentError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'))
}
