/** A viewer of one case, or of two in one space: its state, its panes, and what its controls do. */
import { hasWebGl, type Picture, pictureUrl, type ShownOverlay, type ViewerBackend, type Volume } from './backend'
import { type Chosen, comparison } from './compare'
import { controls, refresh } from './controls'
import { element, say } from './elements'
import { AXIS, middleOf, moved, sliceOf, toMm, toVoxel } from './geometry'
import { getJson } from './json'
import { press } from './keys'
import { Pane, type PaneActs } from './pane'
import { PictureBackend } from './picture-backend'
import { spoken } from './spoken'
import { changed, initial, preset, type State, windowKey, windowOf } from './state'
import { twinOf } from './twin'
import { type Info, type Manifest, PLANES, type Plane, type Point, type Preset, type Space } from './types'

interface Shown {
  pane: Pane
  volume: Volume
  space: Space
}

export class Viewer {
  readonly state: State
  backend: ViewerBackend = new PictureBackend()
  main!: Volume & { modality: string }
  readonly #stage: HTMLElement
  readonly #live = element('p', { class: 'viewer-live', 'aria-live': 'polite' })
  readonly #note = element('p', { class: 'viewer-note', role: 'status' })
  readonly #bar = element('div', { class: 'viewer-side' })
  readonly #help: HTMLDetailsElement
  readonly #infos = new Map<string, Promise<Info>>()
  #shown: Shown[] = []
  #second: Manifest | null = null
  /** Names of the two time points, as the list of cases has them. */
  #labels: [string, string] = ['', '']
  #drawing = false
  #again = false
  #speaking = 0

  constructor(
    readonly root: HTMLElement,
    readonly manifest: Manifest,
  ) {
    const { words: w } = manifest
    const space = manifest.spaces[0]
    if (space === undefined) throw new Error('no space')
    this.state = initial(space, manifest.reference)
    this.#stage = element('div', { class: 'viewer-stage', role: 'group', tabindex: 0, 'aria-label': w.stage ?? '' })
    this.#stage.addEventListener('keydown', (event) => {
      if (press(this, event)) event.preventDefault()
    })
    const list = element(
      'dl',
      {},
      ...w.key_list.flatMap(([key, act]) => [element('dt', {}, key), element('dd', {}, act)]),
    )
    this.#help = element('details', { class: 'viewer-keys' }, element('summary', {}, w.keys ?? ''), list)
    const said = [w.convention, w.brain_only, w.research].map((line) => element('li', {}, line ?? ''))
    const main = element('div', { class: 'viewer-main' }, this.#stage, this.#live)
    const facts = element('ul', { class: 'viewer-said' }, ...said)
    const rest = element('div', { class: 'viewer-rest' }, facts, this.#help, twinOf(manifest))
    root.replaceChildren(this.#note, element('div', { class: 'viewer-body' }, main, this.#bar, rest))
    new ResizeObserver(() => void this.draw()).observe(this.#stage)
  }

  get space(): Space {
    const found = this.manifest.spaces.find(({ name }) => name === this.state.space)
    if (found === undefined) throw new Error(this.state.space)
    return found
  }

  async start(): Promise<void> {
    if (!(await this.choose(hasWebGl()))) this.#note.textContent = this.manifest.words.no_webgl ?? ''
  }

  /** Draw by NiiVue where that can be, else by the server; tells which of them it is. */
  async choose(webgl: boolean): Promise<boolean> {
    this.#busy(true)
    this.backend.close()
    this.backend = new PictureBackend()
    if (webgl && hasWebGl()) {
      const { NiivueBackend } = await import('./niivue-backend')
      this.backend = new NiivueBackend()
    }
    this.#note.textContent = webgl && this.backend.kind === 'pictures' ? (this.manifest.words.no_webgl ?? '') : ''
    await this.enter(this.state.space, false)
    return this.backend.kind === 'webgl'
  }

  /** Go to a space; the crosshair goes to its middle unless it stays there. */
  async enter(name: string, anew = true): Promise<void> {
    this.#busy(true)
    this.state.space = name
    const modalities = this.space.volumes.map(({ modality }) => modality)
    if (!modalities.includes(this.state.modality)) this.state.modality = modalities[0] ?? ''
    if (modalities.length < 2 && this.state.layout === 'grid') this.state.layout = 'planes'
    if (anew || this.state.at.every((value) => value === 0)) {
      this.state.ruler = []
      const info = await this.#info(this.manifest, this.#volumeName(this.space, this.state.modality))
      this.state.at = (await this.#tumour()) ?? middleOf(info)
    }
    await this.#build()
  }

  /** Where the space's outline of the tumour is largest; the images open there. */
  async #tumour(): Promise<Point | null> {
    const outline = this.space.overlays.find(({ kind }) => kind === 'parts')
    return outline === undefined ? null : (await this.#infoAt(this.manifest.base, outline.volume)).largest
  }

  async change(values: Partial<State>, anew = true): Promise<void> {
    Object.assign(this.state, values)
    const layout = ['layout', 'plane', 'modality'].some((key) => key in values)
    if (layout) await this.#build()
    else {
      if (anew) this.#controls()
      await this.draw()
    }
  }

  async reset(): Promise<void> {
    Object.assign(this.state, initial(this.space, this.manifest.reference))
    await this.enter(this.state.space)
  }

  move(axis: 0 | 1 | 2, steps: number): void {
    this.place(moved(this.main.info, this.state.at, axis, steps))
  }

  step(steps: number, plane: Plane = this.state.plane): void {
    this.move(AXIS[plane], steps)
  }

  toSlice(index: number): void {
    const voxel = [...toVoxel(this.main.info, this.state.at)] as [number, number, number]
    voxel[AXIS[this.state.plane]] = index
    this.place(toMm(this.main.info, voxel))
  }

  place(at: Point): void {
    this.state.at = at
    void this.draw()
    this.#speak()
  }

  window(shift: number, factor: number, modality = this.main.modality): void {
    const info = this.#shown.find(({ pane }) => pane.modality === modality)?.pane.info ?? this.main.info
    const now = windowOf(this.state, info, modality)
    this.state.windows.set(windowKey(this.state.space, modality), changed(now, shift, factor, info))
    void this.draw()
  }

  setEdge(at: 0 | 1, value: number, modality: string): void {
    const { info } = this.main
    const now: [number, number] = [...windowOf(this.state, info, modality)]
    now[at] = value
    if (now[1] - now[0] < 2 * info.slope) now[1 - at] = at === 0 ? value + 2 * info.slope : value - 2 * info.slope
    this.state.windows.set(windowKey(this.state.space, modality), now)
    void this.draw()
  }

  /** A preset, for all images that are shown. */
  preset(name: Preset): void {
    for (const { pane } of this.#shown) {
      this.state.windows.set(windowKey(this.state.space, pane.modality), preset(pane.info, name))
    }
    void this.draw()
  }

  /** True where a scene in 3D is shown, which has no slices. */
  get isScene(): boolean {
    return this.state.layout === 'render' && this.backend.renders
  }

  /** True where single slices are shown: neither a scene nor projections. */
  get hasSlices(): boolean {
    return this.state.layout !== 'render'
  }

  /** Turn the scene in 3D by degrees. */
  turn(round: number, up: number): void {
    const [from, over] = this.state.turn
    this.state.turn = [(((from + round) % 360) + 360) % 360, Math.min(90, Math.max(-90, over + up))]
    void this.draw()
    this.#speak()
  }

  rulerPoint(): void {
    if (!this.hasSlices) return
    const [first] = this.state.ruler
    this.state.ruler = this.state.ruler.length === 1 && first !== undefined ? [first, this.state.at] : [this.state.at]
    void this.draw()
    this.#speak()
  }

  showKeys(): void {
    this.#help.open = !this.#help.open
    this.#help.scrollIntoView({ block: 'nearest' })
  }

  saveUrl(): string {
    const shown = this.#shown.find(({ pane }) => pane.modality === this.main.modality) ?? this.#shown[0]
    if (shown === undefined) return ''
    const flat = { ...this.#picture(shown, []), plane: this.state.plane }
    flat.index = sliceOf(shown.pane.info, flat.plane, this.state.at)
    const names = this.#overlaysOf(shown.space)
    const overlays = names.map((overlay) => ({ overlay, info: shown.pane.info }))
    return `${pictureUrl({ ...flat, overlays }, 'pictures', 768)}&lang=${this.root.dataset.lang ?? 'en'}`
  }

  /** Draw all panes; while that lasts, the last state asked for waits. */
  async draw(): Promise<void> {
    if (this.#shown.length === 0) return
    if (this.#drawing) {
      this.#again = true
      return
    }
    this.#drawing = true
    this.#busy(true)
    try {
      do {
        this.#again = false
        this.#mark()
        for (const shown of this.#shown) {
          const overlays = await this.#overlayInfos(shown)
          await this.backend.draw(shown.pane.surface, this.#picture(shown, overlays))
        }
        this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1)
      } while (this.#again)
    } catch (error) {
      this.#note.textContent = this.manifest.words.failed ?? ''
      this.root.dataset.failed = String(error)
      if (this.backend.kind === 'webgl') {
        this.#drawing = false
        await this.choose(false)
        this.#note.textContent = this.manifest.words.no_webgl ?? ''
      }
    } finally {
      this.#drawing = false
      this.#busy(false)
    }
  }

  #busy(is: boolean): void {
    this.#stage.setAttribute('aria-busy', String(is))
  }

  // -- panes

  async #build(): Promise<void> {
    this.#busy(true)
    const { state, manifest } = this
    const { words: w } = manifest
    const name = this.#volumeName(this.space, state.modality)
    this.main = { info: await this.#info(manifest, name), base: manifest.base, modality: state.modality }
    const shown: Shown[] = []
    const panes: Node[] = []
    // Of two time points the one image beside the other.
    for (const tile of this.#tiles()) {
      for (const one of this.#second === null ? [manifest] : [manifest, this.#second]) {
        const [modality, plane, named] = tile
        const title = this.#second === null ? named : `${this.#labels[one === manifest ? 0 : 1]} · ${named}`
        const space = one.spaces.find((other) => other.name === state.space)
        const volume = space?.volumes.find((other) => other.modality === modality)
        if (space === undefined || volume === undefined) {
          const text = say(w.not_given, { modality: title })
          panes.push(element('div', { class: 'viewer-pane viewer-missing' }, text))
          continue
        }
        const info = await this.#info(one, volume.name)
        const pane = new Pane(info, modality, plane, title, !this.isScene, state, this.#acts())
        shown.push({ pane, volume: { info, base: one.base }, space })
        panes.push(pane.element)
      }
    }
    this.#shown = shown
    this.#stage.replaceChildren(...panes)
    this.#stage.dataset.layout = this.isScene ? 'scene' : state.layout
    this.#stage.dataset.pair = String(this.#second !== null)
    this.#controls()
    await this.draw()
    this.#speak()
  }

  /** Modality, plane and title of each pane of a case. */
  #tiles(): [string, Plane, string][] {
    const { state, manifest } = this
    const title = (name: string): string => manifest.modalities.find((one) => one.name === name)?.title ?? name
    if (state.layout === 'grid') return manifest.modalities.map((one) => [one.name, state.plane, one.title])
    if (this.isScene) return [[state.modality, 'axial', title(state.modality)]]
    return PLANES.map((plane) => [state.modality, plane, title(state.modality)])
  }

  #acts(): PaneActs {
    return {
      place: (at, on, its) => this.#placeIn(at, on, its),
      scroll: (steps, on) => this.step(steps, on),
      window: (shift, factor, its) => this.window(shift, factor, its),
      turn: (round, up) => this.turn(round, up),
      measure: (from, to) => {
        this.state.ruler = [from, to]
        void this.draw()
        this.#speak()
      },
    }
  }

  #placeIn(at: Point, plane: Plane, modality: string): void {
    this.state.plane = plane
    if (this.state.modality !== modality) {
      this.state.modality = modality
      const shown = this.#shown.find(({ pane }) => pane.modality === modality)
      if (shown !== undefined) this.main = { ...shown.volume, modality }
      this.#controls()
    }
    if (this.state.measuring) this.state.ruler = [at]
    this.place(at)
  }

  #picture({ pane, volume }: Shown, overlays: ShownOverlay[]): Picture {
    const { state } = this
    const [low, high] = windowOf(state, pane.info, pane.modality)
    const index = state.layout === 'render' ? null : pane.index(state)
    const { invert, opacity, outline, turn } = state
    return { volume, plane: pane.plane, index, low, high, invert, opacity, outline, overlays, turn }
  }

  #overlaysOf(space: Space): Space['overlays'] {
    return this.state.overlaysOn ? space.overlays.filter(({ id }) => this.state.shown.has(id)) : []
  }

  #overlayInfos({ space, volume }: Shown): Promise<ShownOverlay[]> {
    return Promise.all(
      this.#overlaysOf(space).map(async (overlay) => ({
        overlay,
        info: await this.#infoAt(volume.base, overlay.volume),
      })),
    )
  }

  #mark(): void {
    const { words: w } = this.manifest
    for (const { pane } of this.#shown) {
      const said = { plane: w.planes[pane.plane], ...pane.numbered(this.state) }
      pane.mark(this.state, this.isScene ? '' : this.hasSlices ? say(w.slice_of, said) : w.planes[pane.plane])
    }
    refresh(this.#bar, this)
  }

  #volumeName(space: Space, modality: string): string {
    return space.volumes.find((one) => one.modality === modality)?.name ?? ''
  }

  #info(manifest: Manifest, name: string): Promise<Info> {
    return this.#infoAt(manifest.base, name)
  }

  #infoAt(base: string, name: string): Promise<Info> {
    const url = `${base}/volumes/${name}.json`
    const found = this.#infos.get(url) ?? getJson<Info>(url)
    this.#infos.set(url, found)
    found.catch(() => this.#infos.delete(url))
    return found
  }

  // -- words

  #controls(): void {
    const before = [...this.#bar.querySelectorAll<HTMLElement>('button, input, select, a')]
    const at = before.indexOf(document.activeElement as HTMLElement)
    this.#bar.replaceChildren(controls(this))
    if (!this.manifest.blind) {
      this.#bar.firstElementChild?.append(
        comparison(this.manifest, this.#second?.case ?? '', this.#labels[1], (chosen) => void this.#beside(chosen)),
      )
    }
    if (at < 0) return
    const anew = this.#bar.querySelectorAll<HTMLElement>('button, input, select, a')[at]
    anew?.focus({ preventScroll: true }) // the images must not move under a drag
  }

  async #beside({ id, label, own }: Chosen): Promise<void> {
    this.#note.textContent = ''
    const lang = this.root.dataset.lang ?? 'en'
    const found = id === '' ? null : await getJson<Manifest>(`/api/cases/${id}/viewer.json?lang=${lang}`)
    if (found !== null && !found.spaces.some(({ name }) => name === 'atlas')) {
      this.#note.textContent = this.manifest.words.compare_failed ?? ''
      return
    }
    const alike = label === own
    this.#labels = alike ? [`${own} (1)`, `${label} (2)`] : [own, label]
    this.#second = found
    await this.enter(found === null ? this.state.space : 'atlas', this.state.space !== 'atlas')
  }

  /** Say place, slice, values and ruler, once nothing has moved for a moment. */
  #speak(): void {
    window.clearTimeout(this.#speaking)
    this.#live.setAttribute('aria-busy', 'true')
    this.#speaking = window.setTimeout(() => void this.#say(), 250)
  }

  async #say(): Promise<void> {
    const saying = this.#speaking
    const text = await spoken(this.manifest, this.state, this.main.info, this.isScene)
    if (saying !== this.#speaking) return // the place has changed meanwhile
    this.#live.textContent = text
    this.#live.setAttribute('aria-busy', 'false')
  }
}
