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
  let cases: Promise<Listed[]> | undefined
  const list = (): Promise<Listed[]> => {
    cases ??= getJson<Listed[]>('/api/cases')
    return cases
  }
  const choose = async (id: string): Promise<void> => {
    const found = new Map((await list()).map((one) => [one.id, named(one)]))
    act({ id, label: found.get(id) ?? '', own: found.get(manifest.case) ?? manifest.label })
  }
  const made = select(w.compare_case ?? '', options, second, (id) => void choose(id))
  const field = made.querySelector('select')
  const fill = async (): Promise<void> => {
    const there = new Set([...(field?.options ?? [])].map(({ value }) => value))
    for (const one of await list()) {
      if (one.state !== 'done' || one.id === manifest.case || there.has(one.id)) continue
      field?.append(element('option', { value: one.id }, named(one)))
    }
  }
  field?.addEventListener('focus', () => void fill(), { once: true })
  const note = element('p', { class: 'viewer-hint' }, w.compare_note ?? '')
  return element('fieldset', { class: 'viewer-compare' }, element('legend', {}, w.compare ?? ''), made, note)
}
