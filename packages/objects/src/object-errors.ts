/** There is no object with this key. */
export class ObjectNotFoundError extends Error {
  override readonly name = 'ObjectNotFoundError'

  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`There is no object ${key}.`, options)
  }
}

/** A key that no object can have. */
export class InvalidObjectKeyError extends Error {
  override readonly name = 'InvalidObjectKeyError'

  constructor(readonly key: string) {
    super(
      `${JSON.stringify(key.slice(0, 100))} cannot be the key of an object: use letters, digits, ., _ and - in parts joined by /.`,
    )
  }
}
