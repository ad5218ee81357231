import type { Model } from './wire-types.js'
import type { CallOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'

/** Models that are served. */
export class ModelsApi {
  constructor(private readonly http: HttpClient) {}

  /** All of them, with sizes, defaults and limits; one is the `default`. */
  async list({ signal }: CallOptions = {}): Promise<Model[]> {
    const { data } = await this.http.json<{ data: Model[] }>({ method: 'GET', path: '/v1/models', signal })
    return data
  }
}
