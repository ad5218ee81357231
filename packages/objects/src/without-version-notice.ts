/**
 * Runs a function without the notice that the AWS SDK gives on Node 20 about its versions of 2027. It is for whoever
 * raises the SDK's version, not for operators, and the SDK hides it only through the environment, which one package
 * owns.
 * Other warnings pass.
 */
export function withoutVersionNotice<T>(make: () => T): T {
  const emitWarning = process.emitWarning
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes('NodeVersionSupportWarning')) emitWarning(warning, ...rest)
  }) as typeof process.emitWarning
  try {
    return make()
  } finally {
    process.emitWarning = emitWarning
  }
}
