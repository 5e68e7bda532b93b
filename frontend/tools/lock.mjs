// The lock holds names and versions only, as requirements.lock does: hashes, addresses and funding are taken out.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
for (const one of Object.values(lock.packages)) {
  delete one.integrity
  delete one.resolved
  delete one.funding
}
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
