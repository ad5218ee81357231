import { environmentSchema, type Environment } from './settings.js'

/** The environment is invalid. The message has one line per variable. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/**
 * Reads and validates the environment. Empty variables count as not set.
 *
 * @param source - default: the environment of the process
 * @param defaults - variables of a command that has defaults of its own
 * @throws EnvironmentError naming every invalid variable, never its value
 */
export function readEnvironment(
  source: Record<string, string | undefined> = process.env,
  defaults: Record<string, string> = {},
): Environment {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environmentSchema.safeParse({ ...defaults, ...set })
  if (parsed.success) return parsed.data
  throw new EnvironmentError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'))
}
