// The list of cases: an upload with its progress, and states that follow by themselves.

type Problem = { rule: string; found: string; action: string }
type Case = { id: string; state: string }
type Told = { found: string; action: string }
type Said = { lost: string; states: Record<string, string>; problems: Record<string, Told>; in_english: string }

const said: Said = JSON.parse(document.getElementById('words')?.textContent ?? '{}')
const lost: Problem = { rule: 'lost', found: said.lost, action: '' }
const form = document.querySelector<HTMLFormElement>('#upload')
const list = document.querySelector<HTMLElement>('#cases')

if (form) form.addEventListener('submit', (event) => send(form, event))
if (list?.querySelector('[data-state="queued"], [data-state="running"]')) window.setTimeout(follow, 2000)

function send(sent: HTMLFormElement, event: SubmitEvent): void {
  event.preventDefault()
  const bar = sent.querySelector<HTMLElement>('.sending')
  const progress = sent.querySelector('progress')
  const output = sent.querySelector('output')
  const button = sent.querySelector<HTMLButtonElement>('button.main')
  if (!bar || !progress || !output || !button) return
  show(sent, null)
  bar.hidden = false
  button.disabled = true
  const request = new XMLHttpRequest() // fetch tells nothing of an upload's progress
  request.open('POST', sent.action)
  request.setRequestHeader('Accept', 'application/json')
  request.responseType = 'json'
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    progress.value = loaded / total
    output.textContent = `${(loaded / 1e6).toFixed(1)} / ${(total / 1e6).toFixed(1)} MB`
  })
  request.addEventListener('load', () => {
    if (request.status === 201) {
      location.assign(`/cases/${(request.response as Case).id}${location.search}`)
      return
    }
    over((request.response as Problem | null) ?? lost)
  })
  request.addEventListener('error', () => over(lost))
  request.send(new FormData(sent))

  function over(problem: Problem): void {
    if (bar) bar.hidden = true
    if (button) button.disabled = false
    show(sent, problem)
  }
}

function show(sent: HTMLFormElement, problem: Problem | null): void {
  const place = sent.querySelector<HTMLElement>('.problem')
  if (!place) return
  place.hidden = problem === null
  place.replaceChildren(...(problem ? told(problem) : []))
}

/** A problem in the page's language, where it has words for it, and in the server's own, English, with its values. */
function told(problem: Problem): HTMLElement[] {
  const foreign = document.documentElement.lang !== 'en'
  const own = said.problems[problem.rule]
  if (problem === lost) return [line(problem.found)]
  return [
    ...(own ? [line(own.found), line(own.action)] : []),
    ...(foreign ? [line(said.in_english)] : []),
    line([problem.found, problem.action].filter(Boolean).join('. '), 'en'),
  ]
}

function line(text: string, lang = ''): HTMLElement {
  const item = document.createElement('p')
  item.textContent = text
  if (lang) item.lang = lang
  return item
}

async function follow(): Promise<void> {
  const answer = await fetch('/api/cases').catch(() => null)
  let open = answer === null
  if (answer?.ok) {
    for (const one of (await answer.json()) as Case[]) {
      open ||= one.state === 'queued' || one.state === 'running'
      const row = list?.querySelector<HTMLElement>(`[data-case="${one.id}"]`)
      const state = row?.querySelector('.state')
      if (!row || !state || row.dataset.state === one.state) continue
      row.dataset.state = one.state
      state.className = `state ${one.state}`
      state.textContent = said.states[one.state] ?? one.state
    }
  }
  if (open) window.setTimeout(follow, 2000)
}

export {}
