/** The folder in which a command was typed: npm runs scripts in the repository's folder, paths are meant from here. */
export const typedIn = (): string => process.env.INIT_CWD ?? process.cwd()

/** `PYTHON`: an interpreter that has the packages of `ml/requirements.txt`, in place of `ml/.venv`. */
export const chosenPython = (): string | undefined => process.env.PYTHON

/**
 * Keeps ONNX Runtime, where it is loaded after this, from reporting its use to its makers, and from leaving a file in the
 * temporary folder for each process that loads it.
 */
export function keepOnnxRuntimeQuiet(): void {
  process.env.ORT_DISABLE_TELEMETRY = '1'
}

/** This process's environment with changes, for a child process. */
export const childEnvironment = (changes: Record<string, string>): Record<string, string | undefined> => ({
  ...process.env,
  ...changes,
})
