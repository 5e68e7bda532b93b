/** Places: voxels, RAS mm, and a pane's fractions (from its left and top), in radiological convention. */
import type { Info, Plane, Point } from './types'

export const AXIS: Record<Plane, 0 | 1 | 2> = { axial: 2, coronal: 1, sagittal: 0 }
const ACROSS: Record<Plane, 0 | 1> = { axial: 0, coronal: 0, sagittal: 1 }
const UP: Record<Plane, 1 | 2> = { axial: 1, coronal: 2, sagittal: 2 }

/** Letters at a pane's left, right, top and bottom. */
export const SIDES: Record<Plane, [string, string, string, string]> = {
  axial: ['R', 'L', 'A', 'P'],
  coronal: ['R', 'L', 'S', 'I'],
  sagittal: ['A', 'P', 'S', 'I'],
}

function through(matrix: number[][], [x, y, z]: Point): Point {
  const row = (at: number): number => {
    const [a = 0, b = 0, c = 0, d = 0] = matrix[at] ?? []
    return a * x + b * y + c * z + d
  }
  return [row(0), row(1), row(2)]
}

export const toVoxel = (info: Info, mm: Point): Point => through(info.inverse, mm)
export const toMm = (info: Info, voxel: Point): Point => through(info.affine, voxel)

/** The slice of a place, held inside the volume. */
export function sliceOf(info: Info, plane: Plane, mm: Point): number {
  const axis = AXIS[plane]
  return Math.min(info.shape[axis] - 1, Math.max(0, Math.round(toVoxel(info, mm)[axis])))
}

/** Width and height of a pane in mm. */
export function sizeOf(info: Info, plane: Plane): [number, number] {
  const [a, b] = [ACROSS[plane], UP[plane]]
  return [info.shape[a] * info.spacing[a], info.shape[b] * info.spacing[b]]
}

/** Where a place lies in a pane, as fractions from the left and from the top. */
export function toPane(info: Info, plane: Plane, mm: Point): [number, number] {
  const voxel = toVoxel(info, mm)
  const [a, b] = [ACROSS[plane], UP[plane]]
  return [1 - (voxel[a] + 0.5) / info.shape[a], 1 - (voxel[b] + 0.5) / info.shape[b]]
}

/** The place at fractions of a pane; what the pane does not tell is that of `mm`. */
export function fromPane(info: Info, plane: Plane, u: number, v: number, mm: Point): Point {
  const voxel = [...toVoxel(info, mm)] as [number, number, number]
  const [a, b] = [ACROSS[plane], UP[plane]]
  voxel[AXIS[plane]] = sliceOf(info, plane, mm)
  voxel[a] = (1 - Math.min(1, Math.max(0, u))) * info.shape[a] - 0.5
  voxel[b] = (1 - Math.min(1, Math.max(0, v))) * info.shape[b] - 0.5
  return toMm(info, voxel)
}

/** A place moved by voxels along an axis, held inside the volume. */
export function moved(info: Info, mm: Point, axis: 0 | 1 | 2, steps: number): Point {
  const voxel = [...toVoxel(info, mm)] as [number, number, number]
  voxel[axis] = Math.min(info.shape[axis] - 1, Math.max(0, Math.round(voxel[axis]) + steps))
  return toMm(info, voxel)
}

/** Axes that the arrow keys move along in a plane, and the sign of right and up. */
export const ARROWS = (plane: Plane): { across: 0 | 1; up: 1 | 2 } => ({ across: ACROSS[plane], up: UP[plane] })

export const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

/** The place of the voxel in the middle. */
export const middleOf = (info: Info): Point => {
  const [x, y, z] = info.shape
  return toMm(info, [Math.floor(x / 2), Math.floor(y / 2), Math.floor(z / 2)])
}
