/** Facts of volumes, each asked for once; one that could not be had is asked for again. */
import { getJson } from './json'
import type { Info } from './types'

export class Infos {
  readonly #found = new Map<string, Promise<Info>>()

  of(base: string, name: string): Promise<Info> {
    const url = `${base}/volumes/${name}.json`
    const found = this.#found.get(url) ?? getJson<Info>(url)
    this.#found.set(url, found)
    found.catch(() => this.#found.delete(url))
    return found
  }
}
