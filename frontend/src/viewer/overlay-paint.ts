/** Overlays of a slice, painted over it pixel by pixel as the server paints them: fills, outlines, dashes. */
import { AXIS } from './geometry'
import type { Info, Overlay, Plane } from './types'

const SIGNED = 1000
const FOR = [255, 80, 80] as const
const AGAINST = [0, 190, 255] as const
const LINE = 2

/** A plane's values as blocks of pixels, in radiological convention. */
export function planeOf(
  voxels: ArrayLike<number>,
  info: Info,
  plane: Plane,
  index: number,
  width: number,
  height: number,
): Int16Array {
  const [nx, ny] = info.shape
  const strides = [1, nx, nx * ny] as const
  const axis = AXIS[plane]
  const across = axis === 0 ? 1 : 0
  const up = axis === 2 ? 1 : 2
  const found = new Int16Array(width * height)
  for (let row = 0; row < height; row++) {
    const v = info.shape[up] - 1 - Math.min(info.shape[up] - 1, Math.floor((row * info.shape[up]) / height))
    for (let column = 0; column < width; column++) {
      const u =
        info.shape[across] - 1 - Math.min(info.shape[across] - 1, Math.floor((column * info.shape[across]) / width))
      found[row * width + column] = voxels[index * strides[axis] + u * strides[across] + v * strides[up]] ?? 0
    }
  }
  return found
}

/** Blend an overlay into pixels. */
export function paint(
  pixels: ImageData,
  values: Int16Array,
  overlay: Overlay,
  opacity: number,
  outlineOnly: boolean,
): void {
  const { data, width, height } = pixels
  const blend = (at: number, color: readonly number[], alpha: number): void => {
    for (let part = 0; part < 3; part++) {
      const before = data[at * 4 + part] ?? 0
      data[at * 4 + part] = before + alpha * ((color[part] ?? 0) - before)
    }
  }
  if (overlay.kind === 'attribution') {
    values.forEach((value, at) => {
      const strength = Math.abs(value) / SIGNED
      if (strength > 0.1) blend(at, value > 0 ? FOR : AGAINST, Math.min(1, (strength - 0.1) / 0.9) * opacity)
    })
    return
  }
  const color = overlay.color ?? [255, 255, 255]
  const dash = overlay.dash ?? 0
  const is = (x: number, y: number): boolean =>
    x < 0 || y < 0 || x >= width || y >= height || values[y * width + x] === overlay.code
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!is(x, y)) continue
      const inner = is(x - LINE, y) && is(x + LINE, y) && is(x, y - LINE) && is(x, y + LINE)
      if (!inner && (dash === 0 || Math.floor((x + y) / dash) % 2 === 0)) blend(y * width + x, color, 1)
      else if (!outlineOnly && overlay.kind !== 'brain') blend(y * width + x, color, opacity)
    }
  }
}
