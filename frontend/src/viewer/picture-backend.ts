/** Slices drawn by the server: an equal view for browsers without WebGL. */
import { type Picture, pictureUrl, type ViewerBackend } from './backend'

export class PictureBackend implements ViewerBackend {
  readonly kind = 'pictures'
  readonly renders = false
  readonly #wanted = new WeakMap<HTMLElement, string>()
  readonly #busy = new WeakMap<HTMLElement, Promise<void>>()

  draw(target: HTMLElement, picture: Picture): Promise<void> {
    const longest = Math.max(target.clientWidth, target.clientHeight, 200) * Math.min(window.devicePixelRatio, 2)
    const size = Math.min(1024, Math.max(256, Math.ceil(longest / 128) * 128))
    this.#wanted.set(target, pictureUrl(picture, picture.index === null ? 'projections' : 'slices', size))
    const busy = this.#busy.get(target) ?? this.#drain(target).finally(() => this.#busy.delete(target))
    this.#busy.set(target, busy)
    return busy
  }

  /** One picture at a time: while it loads, only the last one asked for is kept. */
  async #drain(target: HTMLElement): Promise<void> {
    let shown = ''
    for (let url = this.#wanted.get(target) ?? ''; url !== shown; url = this.#wanted.get(target) ?? '') {
      const image = new Image()
      image.alt = ''
      image.draggable = false
      image.src = url
      await image.decode()
      target.replaceChildren(image)
      shown = url
    }
  }

  close(): void {}
}
