import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** `python -m atelier_ml bench-torch`, asked one question at a time. */
export class TorchProcess {
  #child
  #lines

  /**
   * @param {string} python - the interpreter of ml/.venv
   * @param {{cwd: string, folder: string, threads: number}} options - folder: what `bench-graphs` wrote
   */
  constructor(python, { cwd, folder, threads }) {
    const args = ['-m', 'atelier_ml', 'bench-torch', '--folder', folder, '--threads', String(threads)]
    this.#child = spawn(python, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** @returns {Promise<any>} the answer; see `TorchServer.answer` in ml/atelier_ml/benching */
  async ask(question) {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('PyTorch ended before it answered')
    return JSON.parse(value)
  }

  /** Ends the process. */
  close() {
    this.#child.stdin.end()
  }
}
