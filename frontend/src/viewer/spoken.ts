/** The line below the images in words: slice, place, values and ruler; of a scene in 3D, whence it is seen. */
import { say } from './elements'
import { AXIS, distance, sliceOf } from './geometry'
import { getJson } from './json'
import { rounded, type State } from './state'
import type { Info, Manifest } from './types'

export async function spoken(manifest: Manifest, state: State, info: Info, scene: boolean): Promise<string> {
  const { words: w } = manifest
  if (scene) return say(w.turned, { round: state.turn[0], up: state.turn[1] })
  const [x, y, z] = state.at.map((value) => value.toFixed(1))
  const asked = `${manifest.base}/values?space=${state.space}&at=${[x, y, z].join(',')}`
  const values = await getJson<Record<string, number | null>>(asked).catch(() => ({}))
  const said = Object.entries(values).map(([name, value]) => {
    const modality = manifest.modalities.find((one) => one.name === name)?.title ?? name
    return say(w.value, { modality, value: value === null ? (w.outside ?? '') : rounded(value) })
  })
  const at = AXIS[state.plane]
  const n = sliceOf(info, state.plane, state.at) + info.offset[at] + 1
  const slice = say(w.slice_of, { plane: w.planes[state.plane], n, of: info.full_shape[at] })
  const [from, to] = state.ruler
  const ruler =
    from === undefined
      ? []
      : [to === undefined ? (w.first_point ?? '') : say(w.length, { mm: distance(from, to).toFixed(1) })]
  const shown = state.layout === 'render' ? [] : [slice] // a projection has no slice
  return [...shown, say(w.at, { x: x ?? '', y: y ?? '', z: z ?? '' }), ...said, ...ruler].join(' · ')
}
