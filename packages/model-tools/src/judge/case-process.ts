// A process of npm run judge: opens the model once, then runs the cases that its parent sends, one after another. It
// answers its own start and each case with an empty message, or with the error.
import { openModel, type Device, type GenerateRequest } from '@atelier/ace'
import { messageOf } from '../repository.js'
import { runCase, type JudgedModel, type TestCase } from './run-case.js'

const [folder, modelFolder, outputs, graphsOf, settings] = process.argv.slice(2) as [
  string,
  string,
  string,
  Device,
  string,
]
const changes = JSON.parse(settings) as Partial<GenerateRequest>

const answer = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work()
    process.send?.({})
  } catch (error) {
    process.send?.({ error: messageOf(error) })
  }
}

let model: JudgedModel
process.on('message', (testCase: TestCase) => void answer(() => runCase(folder, model, outputs, testCase)))
process.on('disconnect', () => process.exit())
await answer(async () => {
  const { manifest, generate } = await openModel(modelFolder, { threads: 1, graphsOf })
  model = { manifest, generate: (request) => generate({ ...request, ...changes }) }
})
