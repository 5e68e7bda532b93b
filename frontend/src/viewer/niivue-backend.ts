/** Slices and a scene in 3D by NiiVue: the only file that knows it. */
import { Niivue, NVImage, SLICE_TYPE } from '@niivue/niivue'
import { type Picture, urlOf, type ViewerBackend, type Volume } from './backend'
import { AXIS } from './geometry'
import { paint, planeOf } from './overlay-paint'
import type { Info, Plane } from './types'

const TYPES: Record<Plane, SLICE_TYPE> = {
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
}
const SURROUNDING = 0.5
const ZOOM = 1.3

interface Scene {
  nv: Niivue
  canvas: HTMLCanvasElement
  labels: string
}

export class NiivueBackend implements ViewerBackend {
  readonly kind = 'webgl'
  readonly renders = true
  readonly #scenes = new Map<string, Promise<Scene>>()
  readonly #voxels = new Map<string, Promise<ArrayLike<number>>>()
  readonly #latest = new WeakMap<HTMLElement, number>()
  #number = 0

  async draw(target: HTMLElement, picture: Picture): Promise<void> {
    const number = ++this.#number
    this.#latest.set(target, number)
    const scene = await this.#sceneOf(picture.volume)
    const overlays = await Promise.all(picture.overlays.map((one) => this.#voxelsOf(picture.volume.base, one.info)))
    if (picture.index === null) await this.#label(scene, picture)
    if (this.#latest.get(target) !== number) return
    const ratio = Math.min(window.devicePixelRatio, 2)
    const width = Math.max(1, Math.round(target.clientWidth * ratio))
    const height = Math.max(1, Math.round(target.clientHeight * ratio))
    this.#render(scene, picture, width, height)
    const shown = target.querySelector('canvas') ?? document.createElement('canvas')
    if (shown.parentElement !== target) target.replaceChildren(shown)
    shown.width = width
    shown.height = height
    const pen = shown.getContext('2d')
    if (pen === null) throw new Error('no 2D canvas')
    pen.drawImage(scene.canvas, 0, 0)
    if (picture.index === null || overlays.length === 0) return
    const pixels = pen.getImageData(0, 0, width, height)
    picture.overlays.forEach(({ overlay, info }, at) => {
      const values = planeOf(overlays[at] ?? [], info, picture.plane, picture.index ?? 0, width, height)
      paint(pixels, values, overlay, picture.opacity, picture.outline)
    })
    pen.putImageData(pixels, 0, 0)
  }

  close(): void {
    for (const scene of this.#scenes.values()) {
      void scene.then(({ canvas, nv }) => {
        nv.cleanup()
        canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext()
      })
    }
    this.#scenes.clear()
    this.#voxels.clear()
  }

  #render({ nv, canvas }: Scene, one: Picture, width: number, height: number): void {
    const image = nv.volumes[0]
    if (image === undefined) throw new Error('no volume')
    const { slope, intercept, shape } = one.volume.info
    const low = (one.low - intercept) / slope
    const high = (one.high - intercept) / slope
    if (image.cal_min !== low || image.cal_max !== high || image.colormapInvert !== one.invert) {
      image.cal_min = low
      image.cal_max = high
      image.colormapInvert = one.invert
      nv.updateGLVolume()
    }
    const labels = nv.volumes[1]
    if (one.index === null && labels !== undefined && labels.opacity !== one.opacity) nv.setOpacity(1, one.opacity)
    canvas.width = width
    canvas.height = height
    nv.gl.viewport(0, 0, width, height)
    if (one.index === null) {
      nv.opts.sliceType = SLICE_TYPE.RENDER
      nv.scene.renderAzimuth = one.turn[0]
      nv.scene.renderElevation = one.turn[1]
      nv.scene.volScaleMultiplier = ZOOM
    } else {
      const axis = AXIS[one.plane]
      nv.opts.sliceType = TYPES[one.plane]
      const at: [number, number, number] = [SURROUNDING, SURROUNDING, SURROUNDING]
      at[axis] = (one.index + 0.5) / shape[axis]
      nv.scene.crosshairPos = at
    }
    nv.drawScene()
  }

  #sceneOf(volume: Volume): Promise<Scene> {
    const url = urlOf(volume)
    const found = this.#scenes.get(url) ?? this.#open(url)
    this.#scenes.set(url, found)
    found.catch(() => this.#scenes.delete(url))
    return found
  }

  async #open(url: string): Promise<Scene> {
    const canvas = document.createElement('canvas')
    document.createElement('div').append(canvas) // NiiVue styles what the canvas lies in
    const nv = new Niivue({
      isRadiologicalConvention: true,
      sagittalNoseLeft: true,
      dragAndDropEnabled: false,
      isOrientationTextVisible: false, // letters, crosshair and ruler are the pane's own, in both views
      crosshairWidth: 0,
      isNearestInterpolation: false, // of the image; overlays are painted voxel by voxel
      isOrientCube: true,
      isColorbar: false,
      isResizeCanvas: false,
      show3Dcrosshair: false,
      loadingText: '',
      logLevel: 'error',
      backColor: [0, 0, 0, 1],
    })
    await nv.attachToCanvas(canvas, false)
    await nv.loadVolumes([{ url, name: 'image.nii.gz', colormap: 'gray', cal_min: 0, cal_max: 4095 }])
    return { nv, canvas, labels: '' }
  }

  /** The tumour's parts in 3D, as labels over the image. */
  async #label(scene: Scene, one: Picture): Promise<void> {
    const parts = one.overlays.filter(({ overlay }) => overlay.kind === 'parts')
    const wanted = parts.map(({ overlay }) => overlay.id).join(',')
    if (scene.labels === wanted) return
    scene.labels = wanted
    const { nv } = scene
    for (const old of nv.volumes.slice(1)) nv.removeVolume(old)
    const first = parts[0]
    if (first === undefined) return
    await nv.addVolumeFromUrl({ url: urlOf({ base: one.volume.base, info: first.info }), name: 'parts.nii.gz' })
    const color = (code: number, part: number): number =>
      parts.find(({ overlay }) => overlay.code === code)?.overlay.color?.[part] ?? 0
    const codes = [0, 1, 2, 3, 4]
    nv.volumes[1]?.setColormapLabel({
      R: codes.map((code) => color(code, 0)),
      G: codes.map((code) => color(code, 1)),
      B: codes.map((code) => color(code, 2)),
      A: codes.map((code) => (parts.some(({ overlay }) => overlay.code === code) ? 255 : 0)),
      I: codes,
      labels: codes.map(String),
    })
    nv.updateGLVolume()
  }

  #voxelsOf(base: string, info: Info): Promise<ArrayLike<number>> {
    const url = urlOf({ base, info })
    const found =
      this.#voxels.get(url) ??
      NVImage.loadFromUrl({ url, name: 'overlay.nii.gz' }).then((image) => (image.img ?? []) as ArrayLike<number>)
    this.#voxels.set(url, found)
    found.catch(() => this.#voxels.delete(url))
    return found
  }
}
