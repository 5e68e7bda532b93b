/** What a viewer shows, apart from how it is drawn. */
import type { Info, Plane, Point, Preset, Space } from './types'

export type Layout = 'grid' | 'planes' | 'render'

export interface State {
  space: string
  layout: Layout
  plane: Plane
  modality: string
  at: Point
  /** Modality of a space → window, in the image's own units. */
  windows: Map<string, [number, number]>
  invert: boolean
  shown: Set<string>
  overlaysOn: boolean
  opacity: number
  outline: boolean
  measuring: boolean
  ruler: Point[]
  crosshair: boolean
  /** Whence the scene in 3D is seen: degrees round the head, and up. */
  turn: readonly [number, number]
}

/** From the patient's front, left and above. */
export const FRONT: readonly [number, number] = [110, 15]

export const windowKey = (space: string, modality: string): string => `${space} ${modality}`

export function windowOf(state: State, info: Info, modality: string): [number, number] {
  return state.windows.get(windowKey(state.space, modality)) ?? info.windows.auto
}

/** A window moved and stretched by shares of its width; never narrower than two grey levels. */
export function changed([low, high]: [number, number], shift: number, factor: number, info: Info): [number, number] {
  const width = Math.max((high - low) * factor, 2 * info.slope)
  const middle = (low + high) / 2 + shift * (high - low)
  return [middle - width / 2, middle + width / 2]
}

export const preset = (info: Info, name: Preset): [number, number] => [...info.windows[name]]

export const rounded = (value: number): string => String(Number(value.toPrecision(3)))

/** The state of a space when it is opened, and after a reset. */
export function initial(space: Space, reference: string): State {
  const modalities = space.volumes.map(({ modality }) => modality)
  return {
    space: space.name,
    layout: modalities.length > 1 ? 'grid' : 'planes',
    plane: 'axial',
    modality: modalities.includes(reference) ? reference : (modalities[0] ?? ''),
    at: [0, 0, 0],
    windows: new Map(),
    invert: false,
    shown: new Set(space.overlays.filter(({ kind }) => kind === 'parts').map(({ id }) => id)),
    overlaysOn: true,
    opacity: 0.4,
    outline: false,
    measuring: false,
    ruler: [],
    crosshair: true,
    turn: FRONT,
  }
}
