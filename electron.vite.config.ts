import { existsSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

/**
 * One build for every program: the Node programs and Electron's main go to out/main,
 * the preload script to out/preload, the renderer to out/renderer.
 * Native and large packages stay in node_modules; small pure ones are bundled for a quick start.
 */
const programs = {
  electron: 'src-main/shells/electron/main.ts',
  core: 'src-main/core/main.ts',
  data: 'src-main/data/main.ts',
  interchange: 'src-main/interchange/main.ts',
  pictures: 'src-main/data/pictures/worker.ts',
  trainer: 'src-main/trainer/main.ts',
  cli: 'src-main/shells/cli/main.ts',
  browser: 'src-main/shells/browser/main.ts',
  engines: 'src-main/engine-setup/main.ts',
};

const bundledPackages = ['zod', 'csv-parse'];

export default defineConfig({
  main: {
    build: {
      target: 'node24',
      externalizeDeps: { exclude: bundledPackages },
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(programs).filter(([, source]) => existsSync(source))),
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node24',
      // A sandboxed preload script is one CommonJS file and cannot require packages.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: 'src-main/shells/electron/preload.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [svelte()],
    build: {
      target: 'chrome140',
      rolldownOptions: { input: 'src-renderer/index.html' },
    },
  },
});
