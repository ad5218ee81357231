import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { ml, venvPython } from '../repository.js'

/** Type of a raw file of numbers. */
export type NumberType = 'float32' | 'int32' | 'int64'

/** What can be asked, and the answer; see `TorchServer.answer` in `ml/atelier_ml/benching`. */
interface Questions {
  /** Draws the inputs of a step and writes them to `out`, a raw file each. */
  case: {
    ask: { frames: number; side: number; batch: number; text: number; out: string }
    answer: { inputs: Record<string, { dims: number[]; type: NumberType }> }
  }
  /** Times a step. */
  step: { ask: object; answer: { ms: number } }
  /** Times a float32 matrix product: operations a second. */
  gemm: { ask: object; answer: { flops: number } }
  /** Writes the last step's output to `out`, a raw file of float32. */
  eps: { ask: { out: string }; answer: object }
}

/** `python -m atelier_ml bench-torch`, asked one question at a time. */
export class TorchProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>
  private readonly lines: AsyncIterator<string>

  /** @param folder - what `bench-graphs` wrote */
  constructor({ folder, threads }: { folder: string; threads: number }) {
    const args = ['-m', 'atelier_ml', 'bench-torch', '--folder', folder, '--threads', String(threads)]
    this.child = spawn(venvPython, args, { cwd: ml, stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  /** @throws Error when PyTorch ends before it answers */
  async ask<Name extends keyof Questions>(
    name: Name,
    question: Questions[Name]['ask'],
  ): Promise<Questions[Name]['answer']> {
    this.child.stdin.write(`${JSON.stringify({ do: name, ...question })}\n`)
    const { value, done } = await this.lines.next()
    if (done) throw new Error('PyTorch ended before it answered')
    return JSON.parse(value) as Questions[Name]['answer']
  }

  /** Ends the process. */
  close(): void {
    this.child.stdin.end()
  }
}
