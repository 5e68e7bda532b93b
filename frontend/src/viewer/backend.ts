/** The one interface behind which images are drawn: by NiiVue in this browser, or by the server. */
import type { Info, Overlay, Plane } from './types'

export interface Volume {
  info: Info
  base: string
}

export interface ShownOverlay {
  overlay: Overlay
  info: Info
}

export interface Picture {
  volume: Volume
  plane: Plane
  /** Place of the slice in the copy; null: what lies along the axis (the server), or the scene in 3D (NiiVue). */
  index: number | null
  low: number
  high: number
  invert: boolean
  opacity: number
  outline: boolean
  overlays: ShownOverlay[]
  /** Degrees round the head and up, of a scene in 3D. */
  turn: readonly [number, number]
}

export interface ViewerBackend {
  readonly kind: 'webgl' | 'pictures'
  /** One scene in 3D (true), or projections along three axes (false). */
  readonly renders: boolean
  /** Draw into an element, which holds nothing else; resolves when it is drawn. */
  draw(target: HTMLElement, picture: Picture): Promise<void>
  close(): void
}

export const urlOf = ({ base, info }: Volume): string => `${base}/volumes/${info.name}.nii.gz?v=${info.digest}`

/** The address of a slice, a projection, or a picture to save. */
export function pictureUrl(one: Picture, kind: 'slices' | 'projections' | 'pictures', size: number): string {
  const asked = new URLSearchParams({
    low: String(one.low),
    high: String(one.high),
    invert: String(one.invert),
    opacity: String(Math.round(one.opacity * 100)),
    outline: String(one.outline),
    overlays: one.overlays.map(({ overlay }) => overlay.id).join(','),
    size: String(size),
    v: one.volume.info.digest,
  })
  const place = one.index === null ? one.plane : `${one.plane}/${one.index}`
  return `${one.volume.base}/${kind}/${one.volume.info.name}/${place}.png?${asked}`
}

let webGl: boolean | undefined

/** True where this browser makes a WebGL2 context; tried once, since browsers allow few of them. */
export function hasWebGl(): boolean {
  try {
    const context = webGl === undefined ? document.createElement('canvas').getContext('webgl2') : null
    webGl ??= context !== null
    context?.getExtension('WEBGL_lose_context')?.loseContext()
  } catch {
    webGl = false
  }
  return webGl
}
