import { AtelierError, maxInstructionLength, type CreateTurn } from '@atelier/contracts'
import type { NewTurn, OwnerRepositories } from '@atelier/database'
import type { ModelCatalog } from '../models/model-catalog.js'
import { chooseImages } from './choose-images.js'
import { decideParameters } from './decide-parameters.js'

/** The instruction without white space around it. @throws AtelierError `instruction_empty` or `instruction_too_long` */
export function checkInstruction(instruction: string): string {
  const text = instruction.trim()
  if (!text) throw new AtelierError('instruction_empty')
  if (text.length <= maxInstructionLength) return text
  throw new AtelierError('instruction_too_long', `The instruction has ${text.length} characters.`, {
    length: text.length,
    max: maxInstructionLength,
  })
}

/**
 * Decides everything of a turn that a request leaves open, and checks the rest: the instruction, the model, its limits,
 * the condition images. After this only the database can refuse it.
 *
 * @throws AtelierError with the code of the first thing that does not fit
 */
export async function decideTurn(
  owner: Pick<OwnerRepositories, 'images' | 'sessions'>,
  models: ModelCatalog,
  sessionId: string,
  request: CreateTurn,
): Promise<NewTurn> {
  const instruction = checkInstruction(request.instruction)
  const manifest = models.choose(request.model)
  const generations = decideParameters(request.parameters, manifest)
  const images = await chooseImages(owner, sessionId, { instruction, images: request.images })
  return { sessionId, instruction, images, history: request.history, model: manifest.name, generations }
}
