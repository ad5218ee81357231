/** Which methods the routes of an address take, for 405 and OPTIONS: Fastify's router only knows whether one fits. */
export class AllowedMethods {
  private readonly routes: { pattern: RegExp; methods: string[] }[] = []

  /** @param url - a route's pattern, with `:name` and `*`; those of every address do not count */
  add(url: string, method: string | string[]): void {
    if (url === '*' || url === '/*') return
    const source = url
      .split('/')
      .map((part) =>
        part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replace('*', '.*'),
      )
      .join('/')
    this.routes.push({ pattern: new RegExp(`^${source}$`), methods: [method].flat() })
  }

  /** The methods that some route takes for a request's address, sorted; empty when there is no such route. */
  of(requestUrl: string): string[] {
    const path = requestUrl.split('?')[0]!
    const fitting = this.routes.filter(({ pattern }) => pattern.test(path))
    const methods = new Set(fitting.flatMap(({ methods: some }) => some))
    return methods.size ? [...methods.add('OPTIONS')].sort() : []
  }
}
