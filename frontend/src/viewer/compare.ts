/** The choice of another case that is done; the list is asked for when somebody wants it. */
import { element, select } from './elements'
import { getJson } from './json'
import type { Manifest } from './types'

interface Listed {
  id: string
  state: string
  label?: string
}

export interface Chosen {
  /** Empty: none. */
  id: string
  label: string
  /** Label of the viewer's own case. */
  own: string
}

const named = ({ id, label }: Listed): string => label || id.slice(0, 8)

export function comparison(
  manifest: Manifest,
  second: string,
  label: string,
  act: (chosen: Chosen) => void,
): HTMLElement {
  const { words: w } = manifest
  const options: [string, string][] = [['', w.compare_none ?? '']]
  if (second !== '') options.push([second, label])
  let cases: Listed[] | undefined
  const list = async (): Promise<Listed[]> => {
    cases ??= await getJson<Listed[]>('/api/cases').catch(() => undefined) // asked for again the next time
    return cases ?? []
  }
  const choose = async (id: string): Promise<void> => {
    const found = new Map((id === '' ? [] : await list()).map((one) => [one.id, named(one)]))
    act({ id, label: found.get(id) ?? id.slice(0, 8), own: found.get(manifest.case) ?? manifest.label })
  }
  const made = select(w.compare_case ?? '', options, second, (id) => void choose(id))
  const field = made.querySelector('select')
  const note = element('p', { class: 'viewer-hint', 'aria-live': 'polite' }, w.compare_note ?? '')
  const fill = async (): Promise<void> => {
    const found = await list()
    note.textContent = (cases === undefined ? w.compare_no_list : w.compare_note) ?? ''
    const there = new Set([...(field?.options ?? [])].map(({ value }) => value))
    for (const one of found) {
      if (one.state !== 'done' || one.id === manifest.case || there.has(one.id)) continue
      field?.append(element('option', { value: one.id }, named(one)))
    }
  }
  field?.addEventListener('focus', () => void fill())
  return element('fieldset', { class: 'viewer-compare' }, element('legend', {}, w.compare ?? ''), made, note)
}
