import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const src = fileURLToPath(new URL('./src', import.meta.url))

// Every script and style sheet directly in src/ is an entry: src/home.ts is /static/home.js, src/base.css /static/base.css.
const entries = readdirSync(src).filter((file) => /\.(ts|css)$/.test(file) && !file.endsWith('.d.ts'))

export default defineConfig({
  base: '/static/',
  publicDir: false,
  logLevel: 'warn',
  // Codecs of Zarr, which NiiVue reads and the server never sends: 1.4 MB of scripts.
  resolve: { alias: [{ find: /^numcodecs\/.*/, replacement: 'data:text/javascript,export default null' }] },
  build: {
    outDir: '../src/gliomanet/app/static',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      // A script and a style sheet may have one name.
      input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), `${src}/${file}`])),
      output: {
        // The server adds ?v=<version> to these; what they import in turn has a name by its content.
        entryFileNames: '[name].js',
        assetFileNames: (asset) =>
          asset.names.some((name) => entries.includes(name)) ? '[name][extname]' : 'assets/[name]-[hash][extname]',
        chunkFileNames: 'chunks/[name]-[hash].js',
      },
    },
  },
})
