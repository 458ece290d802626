import { readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTemporaryFolder, sweepLeftovers } from '../system/temporary-name.ts';
import { runCommand } from './commands.ts';
import type { CommandOptions } from './commands.ts';
import type { Python } from './python.ts';

const FOLDER_PREFIX = 'lamina-locate-';

/**
 * URL from which pip would download a file, from a dry run of an installation.
 *
 * @param selection pip's options and the requirement that select the file.
 * @returns Null if pip does not report it: an old pip, or an index without metadata files.
 */
export async function locateFile(
  python: Python,
  selection: readonly string[],
  options: CommandOptions,
): Promise<string | null> {
  await sweepLeftovers(tmpdir(), FOLDER_PREFIX);
  const folder = await makeTemporaryFolder(FOLDER_PREFIX);
  try {
    const report = join(folder, 'report.json');
    const plan = ['--dry-run', '--ignore-installed', '--no-deps', '--quiet', '--report', report];
    const target = ['--target', join(folder, 'never')];
    const pip = await runCommand(python.program, ['-m', 'pip', 'install', ...plan, ...target, ...selection], options);
    if (pip.status !== 0) return null;
    const { install } = JSON.parse(await readFile(report, 'utf8')) as { install: { download_info: { url: string } }[] };
    return install[0]?.download_info.url ?? null;
  } catch {
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Downloads with Python's HTTP client and pip's certificates, so that it works wherever pip works.
 * Continues a partial file at `path`, and exits when its parent process has ended.
 */
const fetchScript = `
import os, ssl, sys, urllib.error, urllib.request
url, path = sys.argv[1:3]
parent = os.getppid()
certificates = os.environ.get("PIP_CERT") or os.environ.get("REQUESTS_CA_BUNDLE")
context = ssl.create_default_context(cafile=certificates) if certificates and os.path.isfile(certificates) else None
have = os.path.getsize(path) if os.path.exists(path) else 0
request = urllib.request.Request(url, headers={"Range": "bytes=%d-" % have} if have else {})
try:
    response = urllib.request.urlopen(request, timeout=60, context=context)
except urllib.error.HTTPError as error:
    sys.exit(0 if error.code == 416 and have else str(error))
missing = int(response.headers.get("Content-Length", 0))
with response, open(path, "ab" if response.status == 206 else "wb") as file:
    while chunk := response.read(1 << 20):
        file.write(chunk)
        missing -= len(chunk)
        if os.getppid() != parent:
            sys.exit("the installer ended")
sys.exit("the connection broke" if missing > 0 else 0)
`;

/**
 * Downloads `url` to `path`, continuing an earlier attempt.
 *
 * @returns True if it is complete; received bytes stay in `path` in either case.
 */
export async function fetchFile(python: Python, url: string, path: string, options: CommandOptions): Promise<boolean> {
  for (let stalled = 0, size = await sizeOf(path); stalled < 2;) {
    const { status } = await runCommand(python.program, ['-c', fetchScript, url, path], options);
    if (status === 0) return true;
    if (options.signal?.aborted === true) return false;
    const now = await sizeOf(path);
    stalled = now > size ? 0 : stalled + 1;
    size = now;
  }
  return false;
}

/** Size of a file in bytes; 0 if it does not exist. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
