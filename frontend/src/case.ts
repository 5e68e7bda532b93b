// A case that is not over: its state, its place in the queue and its lines follow by themselves. Once its state has
// changed the page is loaded anew, since other things can then be done with it.

type Case = { state: string; place: number | null; lines: string[] }
type Said = { next: string; place: string; place_one: string; running: string }

const said: Said = JSON.parse(document.getElementById('words')?.textContent ?? '{}')
const language = document.documentElement.lang.startsWith('zh') ? 'zh' : 'en'
const progress = document.querySelector<HTMLElement>('#progress')
const waits = ['queued', 'running']

if (progress && waits.includes(progress.dataset.state ?? '')) window.setTimeout(follow, 500)

async function follow(): Promise<void> {
  if (!progress) return
  const answer = await fetch(`/api/cases/${progress.dataset.case}?lang=${language}`).catch(() => null)
  if (answer?.status === 404) return location.reload()
  if (answer?.ok) {
    const one = (await answer.json()) as Case
    if (one.state !== progress.dataset.state) return location.reload()
    const place = document.getElementById('place')
    const told = one.state === 'running' ? said.running : standing(one.place ?? 0)
    if (place && place.textContent !== told) place.textContent = told
    await lines(one.lines)
  }
  window.setTimeout(follow, 1000)
}

function standing(before: number): string {
  if (before === 0) return said.next
  return before === 1 ? said.place_one : said.place.replace('{n}', String(before))
}

// The list is taken from the page as the server writes it, which marks what stays English in a Chinese line.
async function lines(told: string[]): Promise<void> {
  const list = document.getElementById('lines')
  if (!list || (list.childElementCount === told.length && list.lastElementChild?.textContent === told.at(-1))) return
  const answer = await fetch(location.href).catch(() => null)
  if (!answer?.ok) return
  const made = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('lines')
  if (!made) return
  const below = list.scrollTop + list.clientHeight >= list.scrollHeight - 8
  list.replaceChildren(...made.children)
  if (below) list.scrollTop = list.scrollHeight
}

export {}
