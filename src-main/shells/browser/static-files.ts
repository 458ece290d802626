import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

export interface StaticFile {
  readonly body: Buffer;
  readonly contentType: string;
  /** Built files carry a hash of their content in their name, pages do not. */
  readonly immutable: boolean;
}

/** @returns The file a URL path names inside `root`, or null if it does not exist or is outside. */
export async function findStaticFile(root: string, urlPath: string): Promise<StaticFile | null> {
  const name = decoded(urlPath === '/' ? '/index.html' : urlPath);
  if (name === null || /[\0\\]/.test(name) || name.split('/').includes('..')) return null;
  try {
    const base = await realpath(root);
    const path = await realpath(join(base, name));
    if (!path.startsWith(base + sep)) return null;
    const contentType = contentTypes[extname(path).toLowerCase()] ?? 'application/octet-stream';
    return { body: await readFile(path), contentType, immutable: name.startsWith('/assets/') };
  } catch {
    return null;
  }
}

function decoded(urlPath: string): string | null {
  try {
    return decodeURIComponent(urlPath);
  } catch {
    return null;
  }
}
