// The licences of what is bundled, beside it; and the font of Chinese letters, which pages printed to PDF use too.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('..', import.meta.url))
const out = join(here, '../src/gliomanet/app/static')
const fonts = join(here, '../src/gliomanet/reporting/fonts')
const font = join(here, 'node_modules/@fontsource/noto-sans-sc')

function licenceOf(folder) {
  const name = readdirSync(folder).find((file) => /^(licen[cs]e|copying)/i.test(file))
  return name === undefined ? 'No licence text in the package.' : readFileSync(join(folder, name), 'utf8').trim()
}

const { packages } = JSON.parse(readFileSync(join(here, 'package-lock.json'), 'utf8'))
const told = Object.entries(packages)
  .filter(([path, one]) => path !== '' && one.dev !== true && existsSync(join(here, path)))
  .map(([path, one]) => {
    const title = `${path.replace(/^.*node_modules\//, '')} ${one.version} (${one.license ?? 'licence not named'})`
    return `${title}\n${'-'.repeat(title.length)}\n${licenceOf(join(here, path))}\n`
  })
writeFileSync(join(out, 'LICENSES.txt'), told.join('\n\n'))

mkdirSync(fonts, { recursive: true })
copyFileSync(
  join(font, 'files/noto-sans-sc-chinese-simplified-400-normal.woff2'),
  join(fonts, 'noto-sans-sc-chinese-simplified-400-normal.woff2'),
)
copyFileSync(join(font, 'LICENSE'), join(fonts, 'noto-sans-sc-LICENSE.txt'))
