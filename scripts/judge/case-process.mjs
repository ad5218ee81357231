// A process of npm run judge: opens the model once, then runs the cases that its parent sends, one after another, and
// answers each, and its own start, with an empty message or the error.
import { openModel } from '../../packages/ace/dist/src/index.js'
import { runCase } from './run-case.mjs'

const [folder, modelFolder, outputs, settings] = process.argv.slice(2)
const answer = async (work) => {
  try {
    await work()
    process.send({})
  } catch (error) {
    process.send({ error: error.message })
  }
}

let model
process.on('message', (testCase) => answer(() => runCase(folder, model, outputs, testCase)))
process.on('disconnect', () => process.exit())
await answer(async () => {
  const opened = await openModel(modelFolder, { threads: 1 })
  model = { manifest: opened.manifest, generate: (request) => opened.generate({ ...request, ...JSON.parse(settings) }) }
})
