import { AtelierError, maxInstructionLength, type CreateTurn } from '@atelier/contracts'
import type { NewTurn, OwnerRepositories } from '@atelier/database'
import type { ModelCatalog } from '../model-catalog.js'
import { chooseImages } from './choose-images.js'
import { decideParameters } from './decide-parameters.js'

/** Checks an instruction. @throws AtelierError `instruction_empty` or `instruction_too_long` */
export function checkInstruction(instruction: string): void {
  if (!instruction.trim()) throw new AtelierError('instruction_empty')
  if (instruction.length <= maxInstructionLength) return
  throw new AtelierError('instruction_too_long', `The instruction has ${instruction.length} characters.`, {
    length: instruction.length,
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
  const { instruction, history, parentTurnId } = request
  checkInstruction(instruction)
  const manifest = models.choose(request.model)
  const images = await chooseImages(owner, sessionId, request)
  const repainting = images[0] !== undefined && images[0].maskId !== null && images[0].maskMode === 'erase'
  const generations = decideParameters(request.parameters, manifest, repainting)
  const place = parentTurnId === undefined ? {} : { parentTurnId }
  return { sessionId, instruction, images, history, ...place, model: manifest.name, generations }
}
