import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build as esbuild } from 'esbuild';
import type { Plugin } from 'esbuild';
import { build as vite } from 'vite';

const root = join(import.meta.dirname, '../../../..');

/** Electron 9 is Node 12 in the main process and Chromium 83 in the window. */
const targets = { main: 'node12', window: 'chrome83' };

/** Node 12 knows neither `node:` nor `fs/promises`. */
const olderNode: Plugin = {
  name: 'older-node',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({
      path: path.slice('node:'.length),
      namespace: 'older-node',
    }));
    build.onLoad({ filter: /.*/, namespace: 'older-node' }, ({ path }) => ({
      contents:
        path === 'fs/promises' ? `module.exports = require('fs').promises` : `module.exports = require('${path}')`,
    }));
    build.onResolve({ filter: /.*/, namespace: 'older-node' }, ({ path }) => ({ path, external: true }));
  },
};

/** Later JavaScript that bundled packages use. */
const laterBuiltIns = ['array/at', 'object/has-own', 'string/replace-all', 'structured-clone'];

/**
 * Builds the product for Electron 9 from the same sources: Electron's main program, the preload script and the window
 * are transpiled; core and trainers run on Node 24 and come from the product's build.
 *
 * @param target Corresponds to out/ of the product.
 */
export async function buildForElectron9(target: string): Promise<void> {
  await cp(join(root, 'out'), target, { recursive: true });
  const main = [
    ...laterBuiltIns.map((name) => `import 'core-js/actual/${name}';`),
    `import ${JSON.stringify(join(import.meta.dirname, 'compatibility.ts'))};`,
    `import ${JSON.stringify(join(root, 'src-main/shells/electron/main.ts'))};`,
  ];
  await lower({ contents: main.join('\n'), resolveDir: root }, join(target, 'main/electron.cjs'), targets.main);
  // The schemas of the contract, which the preload script checks results and events with, use later JavaScript too.
  const preload = "import 'core-js/actual'; import './src-main/shells/electron/preload.ts';";
  await lower({ contents: preload, resolveDir: root }, join(target, 'preload/preload.cjs'), targets.window);
  await lowerWindow(join(target, 'renderer'));
}

/** Bundles a program for an older Node or for a sandboxed preload script. */
async function lower(stdin: { contents: string; resolveDir: string }, outfile: string, target: string): Promise<void> {
  await esbuild({
    stdin,
    outfile,
    target,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['electron'],
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    plugins: [olderNode],
    logLevel: 'warning',
  });
}

async function lowerWindow(target: string): Promise<void> {
  await vite({
    configFile: false,
    root: join(root, 'src-renderer'),
    base: './',
    plugins: [svelte()],
    build: { outDir: target, emptyOutDir: true, target: targets.window, cssTarget: targets.window },
    logLevel: 'error',
  });
  await esbuild({
    stdin: { contents: "import 'core-js/actual';", resolveDir: root },
    outfile: join(target, 'later-javascript.js'),
    bundle: true,
    target: targets.window,
    logLevel: 'warning',
  });
  const page = join(target, 'index.html');
  const html = await readFile(page, 'utf8');
  await writeFile(page, html.replace('<head>', '<head><script src="./later-javascript.js"></script>'));
}
