/** Elements of a page, made without markup in strings. */

type Attributes = Record<string, string | number | boolean>

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  set(made, attributes)
  made.append(...children)
  return made
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  text = '',
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  set(made, attributes)
  made.textContent = text
  return made
}

function set(made: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? '' : String(value))
  }
}

export function button(text: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, text)
  made.addEventListener('click', act)
  return made
}

export function checkbox(text: string, checked: boolean, act: (checked: boolean) => void): HTMLLabelElement {
  const input = element('input', { type: 'checkbox', checked })
  input.addEventListener('change', () => act(input.checked))
  return element('label', { class: 'viewer-check' }, input, text)
}

export function select(
  text: string,
  options: [string, string][],
  value: string,
  act: (value: string) => void,
): HTMLLabelElement {
  const input = element('select')
  for (const [name, title] of options) input.append(element('option', { value: name, selected: name === value }, title))
  input.addEventListener('change', () => act(input.value))
  return element('label', { class: 'viewer-field' }, text, input)
}

/** A sentence with its values: `{name}` stands for one. */
export const say = (sentence: string | undefined, values: Record<string, string | number> = {}): string =>
  (sentence ?? '').replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all))
