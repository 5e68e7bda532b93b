/** What the server says of a case: viewer.json, and volumes/NAME.json. */

export type Plane = 'axial' | 'coronal' | 'sagittal'
export type Point = readonly [number, number, number]
export type Preset = 'auto' | 'brain' | 'narrow' | 'wide'

export interface Overlay {
  id: string
  volume: string
  kind: 'parts' | 'brain' | 'attribution'
  title: string
  code: number
  color?: [number, number, number]
  dash?: number
}

export interface Space {
  name: string
  title: string
  volumes: { name: string; modality: string }[]
  overlays: Overlay[]
}

export interface Words {
  [key: string]: string
}

export interface Manifest {
  case: string
  label: string
  base: string
  blind: boolean
  simulated: boolean
  reference: string
  modalities: { name: string; title: string }[]
  spaces: Space[]
  twin: { part: string; ml: number; left: string | null }[]
  words: Words & {
    planes: Record<Plane, string>
    presets: Record<Preset, string>
    key_list: [string, string][]
  }
}

export interface Info {
  name: string
  kind: 'image' | 'parts' | 'brain' | 'attribution'
  digest: string
  bytes: number
  shape: [number, number, number]
  spacing: [number, number, number]
  affine: number[][]
  inverse: number[][]
  offset: [number, number, number]
  full_shape: [number, number, number]
  slope: number
  intercept: number
  windows: Record<Preset, [number, number]>
  /** Of an outline, where its slice is largest, in mm. */
  largest: Point | null
}

export const PLANES: readonly Plane[] = ['axial', 'coronal', 'sagittal']
export const PRESETS: readonly Preset[] = ['auto', 'brain', 'narrow', 'wide']
