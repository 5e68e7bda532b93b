/** The table that tells in words what the overlays show: a canvas says nothing to who cannot see it. */
import { element } from './elements'
import type { Manifest } from './types'

export function twinOf({ words: w, twin }: Manifest): HTMLElement {
  if (twin.length === 0) return element('p', { class: 'viewer-hint' }, w.twin_none ?? '')
  const titles = [w.twin_part, w.twin_ml, w.twin_left].map((text) => text ?? '')
  const head = titles.map((text) => element('th', { scope: 'col' }, text))
  const cell = (column: number, text: string): HTMLElement =>
    element('td', { 'data-title': titles[column] ?? '' }, text)
  const rows = twin.map(({ part, ml, left }) =>
    element('tr', {}, element('th', { scope: 'row' }, part), cell(1, ml.toFixed(1)), cell(2, left ?? '–')),
  )
  const caption = element('caption', {}, w.twin ?? '')
  const table = element('table', { class: 'viewer-twin' }, caption, element('thead', {}, element('tr', {}, ...head)))
  table.append(element('tbody', {}, ...rows))
  return table
}
