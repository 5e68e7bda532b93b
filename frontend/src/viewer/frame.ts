/** The elements of a viewer, in the order of reading: images and the line that says them, controls, facts, keys, volumes. */
import { element } from './elements'
import { twinOf } from './twin'
import type { Manifest } from './types'

export interface Frame {
  stage: HTMLElement
  live: HTMLElement
  note: HTMLElement
  bar: HTMLElement
  help: HTMLDetailsElement
}

export function frameOf(root: HTMLElement, manifest: Manifest): Frame {
  const { words: w } = manifest
  const stage = element('div', { class: 'viewer-stage', role: 'group', tabindex: 0, 'aria-label': w.stage ?? '' })
  const live = element('p', { class: 'viewer-live', 'aria-live': 'polite' })
  const note = element('p', { class: 'viewer-note', role: 'status' })
  const bar = element('div', { class: 'viewer-side' })
  const keys = w.key_list.flatMap(([key, act]) => [element('dt', {}, key), element('dd', {}, act)])
  const list = element('dl', {}, ...keys)
  const help = element('details', { class: 'viewer-keys' }, element('summary', {}, w.keys ?? ''), list)
  const said = [w.convention, w.brain_only, w.research].map((line) => element('li', {}, line ?? ''))
  const facts = element('ul', { class: 'viewer-said' }, ...said)
  const main = element('div', { class: 'viewer-main' }, stage, live)
  const rest = element('div', { class: 'viewer-rest' }, facts, help, twinOf(manifest))
  root.replaceChildren(note, element('div', { class: 'viewer-body' }, main, bar, rest))
  return { stage, live, note, bar, help }
}
