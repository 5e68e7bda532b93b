/** One pane: a picture by a backend, and over it letters, slice number, crosshair, scale bar and ruler. */
import { element, svg } from './elements'
import { AXIS, distance, fromPane, SIDES, sizeOf, sliceOf, toPane } from './geometry'
import type { State } from './state'
import type { Info, Plane, Point } from './types'

const SCENE = 1.25
const RULERS = [50, 20, 10, 5]

export interface PaneActs {
  place(at: Point, plane: Plane, modality: string): void
  scroll(steps: number, plane: Plane): void
  window(shift: number, factor: number, modality: string): void
  measure(from: Point, to: Point): void
  turn(round: number, up: number): void
}

export class Pane {
  readonly element = element('div', { class: 'viewer-pane' })
  readonly surface = element('div', { class: 'viewer-surface' })
  readonly #marks = svg('svg', { class: 'viewer-marks', 'aria-hidden': true })
  readonly #title = element('p', { class: 'viewer-pane-title' })

  constructor(
    readonly info: Info,
    readonly modality: string,
    readonly plane: Plane,
    readonly title: string,
    readonly flat: boolean,
    state: State,
    acts: PaneActs,
  ) {
    const [width, height] = sizeOf(info, plane)
    const frame = element('div', { class: 'viewer-frame' }, this.surface, this.#marks)
    const aspect = flat ? width / height : SCENE
    frame.style.aspectRatio = String(aspect)
    frame.style.setProperty('--aspect', String(aspect))
    this.element.append(this.#title, frame)
    this.#title.textContent = title
    if (flat) this.#listen(frame, state, acts)
    else this.#turning(frame, acts)
  }

  mark(state: State, numbered: string): void {
    this.#title.textContent = numbered === '' ? this.title : `${this.title} · ${numbered}`
    if (!this.flat) return
    const { clientWidth: width, clientHeight: height } = this.surface
    this.#marks.setAttribute('viewBox', `0 0 ${width} ${height}`)
    const [left, right, top, bottom] = SIDES[this.plane]
    const text = (x: number, y: number, letter: string): SVGElement =>
      svg('text', { x, y, 'text-anchor': 'middle', 'dominant-baseline': 'central' }, letter)
    const [u, v] = toPane(this.info, this.plane, state.at)
    const [x, y] = [u * width, v * height]
    const arms = [
      [x, 0, x, y - 8],
      [x, y + 8, x, height],
      [0, y, x - 8, y],
      [x + 8, y, width, y],
    ]
    const drawn: SVGElement[] = [
      ...(state.crosshair ? arms : []).map(([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) =>
        svg('line', { class: 'viewer-cross', x1, y1, x2, y2 }),
      ),
      text(10, height / 2, left),
      text(width - 10, height / 2, right),
      text(width / 2, 10, top),
      text(width / 2, height - 10, bottom),
    ]
    const scale = width / sizeOf(this.info, this.plane)[0]
    const long = RULERS.find((mm) => mm * scale < 0.3 * width) ?? 5
    const end = width - 8
    drawn.push(svg('line', { class: 'viewer-bar', x1: end - long * scale, x2: end, y1: height - 6, y2: height - 6 }))
    drawn.push(svg('text', { x: end, y: height - 12, 'text-anchor': 'end' }, `${long} mm`))
    drawn.push(...this.#ruler(state, width, height))
    this.#marks.replaceChildren(...drawn)
  }

  /** The ruler, where it lies in this slice; its ends as crosses where it does not. */
  #ruler(state: State, width: number, height: number): SVGElement[] {
    const [from, to] = state.ruler
    if (from === undefined) return []
    const at = (mm: Point): [number, number] => {
      const [u, v] = toPane(this.info, this.plane, mm)
      return [u * width, v * height]
    }
    const inSlice = (mm: Point): boolean =>
      sliceOf(this.info, this.plane, mm) === sliceOf(this.info, this.plane, state.at)
    const marks: SVGElement[] = state.ruler
      .filter(inSlice)
      .map((mm) => svg('circle', { class: 'viewer-ruler', cx: at(mm)[0], cy: at(mm)[1], r: 4 }))
    if (to === undefined || !inSlice(from) || !inSlice(to)) return marks
    const [[x1, y1], [x2, y2]] = [at(from), at(to)]
    marks.push(svg('line', { class: 'viewer-ruler', x1, y1, x2, y2 }))
    const said = `${distance(from, to).toFixed(1)} mm`
    marks.push(svg('text', { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 8, 'text-anchor': 'middle' }, said))
    return marks
  }

  #listen(frame: HTMLElement, state: State, acts: PaneActs): void {
    const place = (event: PointerEvent): Point => {
      const box = frame.getBoundingClientRect()
      const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
      return fromPane(this.info, this.plane, u, v, state.at)
    }
    let from: Point | null = null
    let last: [number, number] | null = null
    frame.addEventListener('contextmenu', (event) => event.preventDefault())
    frame.addEventListener('pointerdown', (event) => {
      frame.setPointerCapture(event.pointerId)
      if (event.button === 2) last = [event.clientX, event.clientY]
      else if (event.button === 0) {
        from = place(event)
        acts.place(from, this.plane, this.modality)
      }
    })
    frame.addEventListener('pointermove', (event) => {
      if (last !== null) {
        acts.window((event.clientY - last[1]) / 200, 2 ** ((event.clientX - last[0]) / 100), this.modality)
        last = [event.clientX, event.clientY]
      } else if (from !== null && state.measuring) acts.measure(from, place(event))
      else if (from !== null) acts.place(place(event), this.plane, this.modality)
    })
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      frame.addEventListener(kind, () => {
        from = null
        last = null
      })
    }
    frame.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault()
        acts.scroll(event.deltaY > 0 ? -1 : 1, this.plane)
      },
      { passive: false },
    )
  }

  #turning(frame: HTMLElement, acts: PaneActs): void {
    let last: [number, number] | null = null
    frame.addEventListener('pointerdown', (event) => {
      frame.setPointerCapture(event.pointerId)
      last = [event.clientX, event.clientY]
    })
    frame.addEventListener('pointermove', (event) => {
      if (last === null) return
      acts.turn(Math.round(last[0] - event.clientX), Math.round(event.clientY - last[1]))
      last = [event.clientX, event.clientY]
    })
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      frame.addEventListener(kind, () => {
        last = null
      })
    }
  }

  index(state: State): number {
    return sliceOf(this.info, this.plane, state.at)
  }

  numbered(state: State): { n: number; of: number } {
    const axis = AXIS[this.plane]
    return { n: this.index(state) + this.info.offset[axis] + 1, of: this.info.full_shape[axis] }
  }
}
