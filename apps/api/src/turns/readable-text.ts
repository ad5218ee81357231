import { AtelierError, type CreateTurn, type Lcu } from '@atelier/contracts'
import type { ModelText } from '@atelier/text'

/**
 * What a model reads of a text.
 *
 * @param field - where the text is in the request
 * @throws AtelierError `text_too_long` unless the request allows to cut it
 */
export function readableText(
  model: ModelText,
  field: string,
  text: string,
  { onLongText }: Pick<CreateTurn, 'onLongText'>,
): string {
  const tokens = model.count(text)
  const { maxTokens } = model
  if (tokens <= maxTokens) return text
  if (onLongText === 'truncate') return model.shorten(text)
  throw new AtelierError('text_too_long', `\`${field}\` has ${tokens} tokens; the model reads ${maxTokens}.`, {
    field,
    tokens,
    maxTokens,
  })
}

/**
 * What a model reads of a turn and its history: the turn's own text whole or as its request allows, earlier ones, which
 * another model may have read, as far as this one reads.
 *
 * @throws AtelierError `text_too_long`
 */
export function readableLcu(model: ModelText, lcu: Lcu, request: Pick<CreateTurn, 'onLongText'>): Lcu {
  return lcu.map((unit, index) => {
    const own = index === lcu.length - 1
    const options = own ? request : { onLongText: 'truncate' as const }
    const instruction = readableText(model, 'instruction', unit.instruction, options)
    return instruction === unit.instruction ? unit : { ...unit, instruction, truncated: true }
  })
}
