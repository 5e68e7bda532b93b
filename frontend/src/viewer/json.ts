/** JSON of the server, with the page's own cookie. */
export async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url, { credentials: 'same-origin' })
  if (!answer.ok) throw new Error(`${answer.status} ${url}`)
  return (await answer.json()) as T
}
