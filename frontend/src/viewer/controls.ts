/** The controls of a viewer: every action as a button, a field or a slider, with the sentences of the page's language. */
import { hasWebGl } from './backend'
import { button, checkbox, element, say, select } from './elements'
import { AXIS, sliceOf } from './geometry'
import { rounded, windowOf } from './state'
import { type Info, PLANES, type Plane, PRESETS, type Preset } from './types'
import type { Viewer } from './viewer'

export function controls(viewer: Viewer): HTMLElement {
  const { words: w, modalities } = viewer.manifest
  const group = (title: string | undefined, ...children: (Node | string)[]): HTMLElement =>
    element('fieldset', {}, element('legend', {}, title ?? ''), ...children)
  const { state } = viewer
  const given = viewer.space.volumes.map(({ modality }): [string, string] => [
    modality,
    modalities.find((one) => one.name === modality)?.title ?? modality,
  ])
  const layouts: [string, string][] = [
    ...(viewer.space.volumes.length > 1 ? [['grid', w.grid ?? ''] as [string, string]] : []),
    ['planes', w.three ?? ''],
    ['render', (viewer.backend.renders ? w.render : w.projections) ?? ''],
  ]
  const made = [
    group(
      w.display,
      select(w.modality ?? '', given, state.modality, (name) => void viewer.change({ modality: name })),
      select(w.layout ?? '', layouts, state.layout, (name) => void viewer.change({ layout: name as never })),
      select(
        w.space ?? '',
        viewer.manifest.spaces.map((one) => [one.name, one.title]),
        state.space,
        (name) => void viewer.enter(name),
      ),
      select(
        w.view ?? '',
        [...(hasWebGl() ? [['webgl', w.webgl ?? ''] as [string, string]] : []), ['pictures', w.pictures ?? '']],
        viewer.backend.kind,
        (kind) => void viewer.choose(kind === 'webgl'),
      ),
    ),
    slices(viewer, group),
    windows(viewer, group),
  ]
  if (viewer.space.overlays.length > 0) made.push(overlays(viewer, group))
  made.push(ruler(viewer, group))
  return element('div', { class: 'viewer-controls' }, ...made)
}

type Group = (title: string | undefined, ...children: (Node | string)[]) => HTMLElement

function slider(text: string, low: number, high: number, step: number, value: number, act: (value: number) => void) {
  const input = element('input', { type: 'range', min: low, max: high, step, value })
  input.addEventListener('input', () => act(Number(input.value)))
  return element('label', { class: 'viewer-field' }, text, input)
}

function slices(viewer: Viewer, group: Group): HTMLElement {
  const { words: w } = viewer.manifest
  const { state } = viewer
  const made = group(
    w.slice,
    select(
      w.plane ?? '',
      PLANES.map((one) => [one, w.planes[one]]),
      state.plane,
      (name) => void viewer.change({ plane: name as Plane }),
    ),
    sliceSlider(viewer),
    button(w.previous ?? '', () => viewer.step(-1)),
    button(w.next ?? '', () => viewer.step(1)),
    checkbox(w.crosshair ?? '', state.crosshair, (on) => void viewer.change({ crosshair: on })),
  )
  made.toggleAttribute('disabled', !viewer.hasSlices)
  return made
}

function ruler(viewer: Viewer, group: Group): HTMLElement {
  const { words: w } = viewer.manifest
  const { state } = viewer
  const made = [
    button(w.measure ?? '', () => void viewer.change({ measuring: !state.measuring }), {
      'aria-pressed': String(state.measuring),
    }),
    button(w.point ?? '', () => viewer.rulerPoint()),
    button(w.clear ?? '', () => void viewer.change({ ruler: [] })),
  ]
  for (const one of made) one.disabled = !viewer.hasSlices
  const kept = viewer.hasSlices ? [save(viewer)] : []
  return group(
    w.ruler,
    ...made,
    button(w.reset ?? '', () => void viewer.reset()),
    ...kept,
  )
}

function sliceSlider(viewer: Viewer): HTMLElement {
  const { info } = viewer.main
  const axis = AXIS[viewer.state.plane]
  const first = info.offset[axis] + 1
  const now = sliceOf(info, viewer.state.plane, viewer.state.at) + first
  const made = slider(viewer.manifest.words.slice ?? '', first, first + info.shape[axis] - 1, 1, now, (value) => {
    viewer.toSlice(value - first)
  })
  made.dataset.role = 'slice'
  return made
}

function windows(viewer: Viewer, group: Group): HTMLElement {
  const { words: w } = viewer.manifest
  const { info, modality } = viewer.main
  const [low, high] = windowOf(viewer.state, info, modality)
  const [least, most] = info.windows.wide
  const step = (most - least) / 200
  const number = (text: string | undefined, value: number, at: 0 | 1): HTMLElement => {
    const made = slider(`${text} ${rounded(value)}`, least, most, step, value, (given) =>
      viewer.setEdge(at, given, modality),
    )
    made.dataset.role = at === 0 ? 'low' : 'high'
    return made
  }
  return group(
    w.window,
    ...PRESETS.map((name: Preset) => button(w.presets[name], () => viewer.preset(name))),
    number(w.low, low, 0),
    number(w.high, high, 1),
    checkbox(w.invert ?? '', viewer.state.invert, (on) => void viewer.change({ invert: on })),
  )
}

function overlays(viewer: Viewer, group: Group): HTMLElement {
  const { words: w } = viewer.manifest
  const { state } = viewer
  const rows = viewer.space.overlays.map((one) => {
    const unseen = viewer.isScene && one.kind !== 'parts'
    const made = checkbox(one.title, state.shown.has(one.id), (on) => {
      if (on) state.shown.add(one.id)
      else state.shown.delete(one.id)
      void viewer.change({ overlaysOn: true })
    })
    made.querySelector('input')?.toggleAttribute('disabled', unseen)
    if (one.color !== undefined) {
      const swatch = element('span', { class: 'viewer-swatch', 'aria-hidden': true })
      swatch.style.borderColor = `rgb(${one.color.join(' ')})`
      swatch.style.borderStyle = (one.dash ?? 0) === 0 ? 'solid' : (one.dash ?? 0) > 4 ? 'dashed' : 'dotted'
      made.append(swatch)
    }
    return made
  })
  const outline = checkbox(w.outline ?? '', state.outline, (on) => void viewer.change({ outline: on }))
  outline.querySelector('input')?.toggleAttribute('disabled', viewer.isScene)
  const maps = viewer.space.overlays.some(({ kind }) => kind === 'attribution')
  return group(
    w.overlays,
    checkbox(w.overlays_on ?? '', state.overlaysOn, (on) => void viewer.change({ overlaysOn: on })),
    ...rows,
    ...(maps ? [element('p', { class: 'viewer-hint' }, w.attribution_note ?? '')] : []),
    outline,
    slider(w.opacity ?? '', 0, 100, 5, Math.round(state.opacity * 100), (value) => {
      void viewer.change({ opacity: value / 100 }, false)
    }),
  )
}

/** A link, so that a browser's own menu works on it, too. */
function save(viewer: Viewer): HTMLElement {
  const made = element(
    'a',
    { class: 'viewer-save', href: viewer.saveUrl(), download: '' },
    viewer.manifest.words.save ?? '',
  )
  made.addEventListener('pointerenter', () => made.setAttribute('href', viewer.saveUrl()))
  made.addEventListener('focus', () => made.setAttribute('href', viewer.saveUrl()))
  return made
}

/** Bring sliders and their numbers up to date without making the controls anew, so that focus stays. */
export function refresh(root: HTMLElement, viewer: Viewer): void {
  const { info, modality } = viewer.main as { info: Info; modality: string }
  const { words: w } = viewer.manifest
  const [low, high] = windowOf(viewer.state, info, modality)
  const put = (role: string, value: number, text?: string): void => {
    const label = root.querySelector<HTMLLabelElement>(`[data-role=${role}]`)
    const input = label?.querySelector('input')
    if (label == null || input == null) return
    if (document.activeElement !== input || role === 'slice') input.value = String(value)
    if (text !== undefined && label.firstChild !== null) label.firstChild.textContent = text
  }
  put('low', low, say(`${w.low} {v}`, { v: rounded(low) }))
  put('high', high, say(`${w.high} {v}`, { v: rounded(high) }))
  const axis = AXIS[viewer.state.plane]
  put('slice', sliceOf(info, viewer.state.plane, viewer.state.at) + info.offset[axis] + 1)
}
