import { statSync, truncateSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tinyModel } from '../root.js'
import type { Scenario } from './scenario.js'

/** SIGKILL to the process that runs the model. */
export const modelKills: Scenario = {
  name: 'model-kill',
  what: 'SIGKILL to the process that runs the model, under a worker that is busy',
  covers: ['F11'],
  faults: 5,
  load: { long: 0.4 },
  inject: (world) =>
    world.every(500, 2_000, async () => {
      const { worker } = await world.busyWorker()
      if (worker.signalChild('SIGKILL') === undefined) return
      await world.fault(`SIGKILL the model of ${worker.name}`)
    }),
}

/** SIGSTOP to the process that runs the model: a step that hangs, as a device does. */
export const modelHangs: Scenario = {
  name: 'model-hang',
  what: 'SIGSTOP to the process that runs the model: the worker must notice, end it and try again',
  covers: ['F11'],
  faults: 2,
  load: { long: 0.4 },
  inject: (world) =>
    world.every(1_000, 3_000, async () => {
      const { worker } = await world.busyWorker()
      const pid = worker.signalChild('SIGSTOP')
      if (pid === undefined) return
      await world.fault(`SIGSTOP the model of ${worker.name}`, () =>
        world.until(() => worker.childPid() !== pid, 90_000),
      )
    }),
}

/** A damaged model file on one worker, beside healthy ones. */
export const modelDamage: Scenario = {
  name: 'model-damage',
  what: "a worker's model file is cut in half and its model's process killed; later the file is put back",
  covers: ['F11'],
  faults: 2,
  inject: (world) =>
    world.every(1_000, 3_000, async () => {
      const { worker } = await world.busyWorker()
      const file = join(world.stack.modelOf(worker), 'denoiser.onnx')
      await world.fault(`damage the model of ${worker.name}`, async () => {
        truncateSync(file, Math.floor(statSync(file).size / 2))
        worker.signalChild('SIGKILL')
        await world.pause(8_000, 15_000)
        await copyFile(join(tinyModel, 'denoiser.onnx'), file)
      })
    }),
}
