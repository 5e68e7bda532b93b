/** Keys of the stage; each has a button or a field of its own, too. */
import { ARROWS } from './geometry'
import { PLANES, PRESETS } from './types'
import type { Viewer } from './viewer'

/** Do what a key says; false where it says nothing. */
export function press(viewer: Viewer, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return false
  const { state } = viewer
  const { across, up } = ARROWS(state.plane)
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const scene: Record<string, () => void> = {
    ArrowRight: () => viewer.turn(-15, 0),
    ArrowLeft: () => viewer.turn(15, 0),
    ArrowUp: () => viewer.turn(0, 15),
    ArrowDown: () => viewer.turn(0, -15),
  }
  const acts: Record<string, () => void> = {
    // Right on the screen is the patient's left, or back: lower numbers either way.
    ArrowRight: () => viewer.move(across, -1),
    ArrowLeft: () => viewer.move(across, 1),
    ArrowUp: () => viewer.move(up, 1),
    ArrowDown: () => viewer.move(up, -1),
    PageUp: () => viewer.step(1),
    PageDown: () => viewer.step(-1),
    '[': () => viewer.window(0, 0.9),
    ']': () => viewer.window(0, 1 / 0.9),
    '-': () => viewer.window(0.05, 1),
    '+': () => viewer.window(-0.05, 1),
    '=': () => viewer.window(-0.05, 1),
    i: () => void viewer.change({ invert: !state.invert }),
    o: () => void viewer.change({ overlaysOn: !state.overlaysOn }),
    l: () => void viewer.change({ outline: !state.outline }),
    p: () => void viewer.change({ plane: PLANES[(PLANES.indexOf(state.plane) + 1) % 3] ?? 'axial' }),
    g: () => void viewer.change({ layout: viewer.space.volumes.length > 1 ? 'grid' : 'planes' }),
    t: () => void viewer.change({ layout: 'planes' }),
    d: () => void viewer.change({ layout: 'render' }),
    c: () => void viewer.change({ crosshair: !state.crosshair }),
    m: () => viewer.rulerPoint(),
    Escape: () => void viewer.change({ ruler: [], measuring: false }),
    r: () => void viewer.reset(),
    '?': () => viewer.showKeys(),
  }
  PRESETS.forEach((name, at) => {
    acts[String(at + 1)] = () => viewer.preset(name)
  })
  const act = (viewer.isScene ? scene[key] : undefined) ?? acts[key]
  act?.()
  return act !== undefined
}
