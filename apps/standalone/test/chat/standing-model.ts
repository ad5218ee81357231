import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { eventually } from '@atelier/testing/eventually'

/** The process that runs the model, below another one: that of `npm start`, or a worker. */
export function modelProcess(below: number): number | undefined {
  const isModel = (pid: number) => /inference/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  const find = (pid: number): number | undefined => {
    try {
      if (isModel(pid)) return pid
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
      return children
        .map(Number)
        .map(find)
        .find((one) => one !== undefined)
    } catch {
      // it has ended meanwhile
      return undefined
    }
  }
  return find(below)
}

/** The end of the last one that stood still, by what it was below: two at a time would let each other run. */
const lastOf = new Map<number, Promise<void>>()
/** How long the model runs at a time, in seconds, and how long what it has done may take to be seen, in milliseconds. */
const [pieceS, seenMs] = [0.02, 1_000]

/**
 * A model that stands still, so that what a test does meanwhile comes before its end however fast it is and however slow
 * everything else. A worker takes one that makes no step for half a minute for dead.
 */
export class StandingModel {
  private constructor(
    private readonly pid: number,
    private readonly end: () => void,
  ) {}

  /** Stops the model below a process; waits while it stands still for somebody else. */
  static async below(root: number): Promise<StandingModel> {
    const before = lastOf.get(root)
    let end = () => {}
    lastOf.set(
      root,
      new Promise((resolve) => {
        end = resolve
      }),
    )
    await before
    try {
      const pid = await eventually('a process runs the model', () => modelProcess(root))
      process.kill(pid, 'SIGSTOP')
      return new StandingModel(pid, end)
    } catch (error) {
      end()
      throw error
    }
  }

  /** Lets it run for a moment at a time until something can be seen. */
  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    const piece = `kill -CONT ${this.pid} && sleep ${pieceS} && kill -STOP ${this.pid} || true`
    await eventually(
      what,
      async () => {
        // in a process of its own: this one may be held up between the two
        await promisify(execFile)('sh', ['-c', piece])
        return eventually(what, look, seenMs).catch(() => false)
      },
      120_000,
    )
  }

  /** Lets it run on. */
  goOn(): void {
    try {
      process.kill(this.pid, 'SIGCONT')
    } catch {
      // it has been killed
    }
    this.end()
  }
}

/** Does something while the model below a process stands still. */
export async function whileModelStands<T>(root: number, act: (model: StandingModel) => Promise<T>): Promise<T> {
  const model = await StandingModel.below(root)
  try {
    return await act(model)
  } finally {
    model.goOn()
  }
}
