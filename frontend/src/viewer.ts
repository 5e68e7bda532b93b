/** Mounts a viewer in every element of the page that has `data-viewer`. */
import { getJson } from './viewer/json'
import type { Manifest } from './viewer/types'
import { Viewer } from './viewer/viewer'
import style from './viewer/viewer.css?url'

document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: style }))

for (const root of document.querySelectorAll<HTMLElement>('[data-viewer]')) void mount(root)

async function mount(root: HTMLElement): Promise<void> {
  const url = new URL(root.dataset.manifest ?? '', window.location.href)
  url.searchParams.set('lang', root.dataset.lang ?? 'en')
  try {
    const viewer = new Viewer(root, await getJson<Manifest>(url.pathname + url.search))
    await viewer.start()
  } catch (error) {
    root.dataset.failed = String(error)
    root.append(
      Object.assign(document.createElement('p'), {
        textContent:
          root.dataset.lang === 'zh'
            ? '图像无法加载，请重新载入页面。'
            : 'The images could not be loaded. Load the page again.',
      }),
    )
  }
}
