import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cp, link, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheFolder } from '../../src-main/system/cache-folder.ts';
import { engineCacheFolder, findTensorFlow, readInstalled } from '../../src-main/engine-setup/cache.ts';
import { measureEngine } from '../../src-main/engine-setup/check.ts';
import { installTensorFlow } from '../../src-main/engine-setup/install.ts';
import { withLock } from '../../src-main/engine-setup/lock.ts';
import { platformKey, tensorFlowWheels } from '../../src-main/engine-setup/pins.ts';
import { probeEngines } from '../../src-main/engine-setup/probe.ts';
import { findPython } from '../../src-main/engine-setup/python.ts';
import { unpackWheel } from '../../src-main/engine-setup/unpack.ts';
import { testInCi } from '../support/portion.ts';

const installed = findTensorFlow();
const wheel = tensorFlowWheels.cpu[platformKey];
let folder: string;
const steps: string[] = [];
const onProgress = (step: string): void => {
  steps.push(step);
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamina-install-'));
  steps.length = 0;
  vi.stubEnv('LAMINA_CACHE', join(folder, 'cache'));
  vi.stubEnv('LAMINA_TENSORFLOW', '');
  vi.stubEnv('LAMINA_GPU', '0');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A wheel with these files that pip accepts. */
async function makeWheel(name: string, files: Record<string, string>): Promise<string> {
  const path = join(folder, name);
  const script =
    'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n  [z.writestr(*it) for it in json.loads(sys.argv[2]).items()]';
  const { program } = await findPython();
  execFileSync(program, ['-c', script, path, JSON.stringify(files)]);
  return path;
}

/** Expects no engine in the cache, not even a partial one. */
function expectNothingInstalled(): void {
  expect(readInstalled(engineCacheFolder('cpu'))).toBeNull();
  const engines = join(cacheFolder(), 'engines');
  expect(existsSync(engines) ? readdirSync(engines) : []).toEqual([]);
}

describe('a failed installation reports its cause and leaves no files', () => {
  test('without Python', async () => {
    vi.stubEnv('LAMINA_PYTHON', join(folder, 'no-python'));
    await expect(installTensorFlow(onProgress)).rejects.toMatchObject({
      code: 'engine/no-python',
    });
    expectNothingInstalled();
  });

  test.skipIf(!wheel)('when the package index lacks the wheel', async () => {
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', folder);
    await expect(installTensorFlow(onProgress)).rejects.toMatchObject({
      code: 'engine/download-failed',
    });
    expectNothingInstalled();
  });

  test.skipIf(!wheel)('when the package index has a wheel with another hash', async () => {
    const { package: name, version, platform } = wheel!;
    const stem = `${name.replace('-', '_')}-${version}`;
    await makeWheel(`${stem}-cp311-cp311-${platform}.whl`, {
      [`${stem}.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
      [`${stem}.dist-info/WHEEL`]: 'Wheel-Version: 1.0\n',
      [`${stem}.dist-info/RECORD`]: '',
    });
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', folder);
    await expect(installTensorFlow(onProgress)).rejects.toMatchObject({
      code: 'engine/hash-mismatch',
      details: { expected: wheel!.sha256 },
    });
    expectNothingInstalled();
    expect(await readdir(join(cacheFolder(), 'downloads'))).toEqual([]);
  });

  test('when the given path holds no prepared engine', async () => {
    const pipes = process.platform === 'win32' ? [] : [join(folder, 'pipe.tar'), join(folder, 'pipe.whl')];
    for (const pipe of pipes) execFileSync('mkfifo', [pipe]);
    for (const prepared of [join(folder, 'nowhere'), ...pipes, folder]) {
      await expect(installTensorFlow(onProgress, { prepared })).rejects.toMatchObject({
        code: 'engine/prepared-unusable',
        message: expect.stringContaining(prepared),
      });
    }
    expectNothingInstalled();
  });

  test('when cancelled', async () => {
    const signal = AbortSignal.abort();
    await expect(installTensorFlow(onProgress, { signal })).rejects.toMatchObject({
      code: expect.stringMatching(/^engine\//),
    });
    expectNothingInstalled();
  });
});

describe.skipIf(!installed)('installation from prepared libraries', () => {
  testInCi('compiles and checks the binding', async () => {
    const prepared = join(folder, 'prepared', 'engine');
    await mkdir(join(prepared, 'deps', 'lib'), { recursive: true });
    const libraries = join(installed!.folder, 'deps', 'lib');
    for (const name of await readdir(libraries)) {
      if (!/_(cc|framework)\.(so\.2|2\.dylib)$/.test(name)) continue;
      await link(join(libraries, name), join(prepared, 'deps', 'lib', name)).catch(() =>
        cp(join(libraries, name), join(prepared, 'deps', 'lib', name)),
      );
    }
    await cp(
      join(installed!.folder, 'deps', 'include', 'tensorflow'),
      join(prepared, 'deps', 'include', 'tensorflow'),
      {
        recursive: true,
      },
    );
    for (const part of ['xla', 'tsl']) {
      await cp(join(installed!.folder, 'deps', 'include', part), join(prepared, 'deps', 'include', part), {
        recursive: true,
      });
    }

    const target = await installTensorFlow(onProgress, { prepared: join(folder, 'prepared') });
    expect(target).toBe(engineCacheFolder('cpu'));
    expect(steps).toContain('Compiling the binding');
    expect(readInstalled(target)).toMatchObject({ variant: 'cpu', platform: platformKey });
    expect(findTensorFlow()).toMatchObject({ folder: target, source: 'cache' });
    // The second installation has nothing to do.
    steps.length = 0;
    expect(await installTensorFlow(onProgress)).toBe(target);
    expect(steps).toEqual([]);
    // A library that fails to load is detected before it replaces a working one.
    await rm(join(prepared, 'deps', 'lib'), { recursive: true });
    await mkdir(join(prepared, 'deps', 'lib'));
    await mkdir(join(prepared, 'lib', 'napi-v8'), { recursive: true });
    await writeFile(join(prepared, 'deps', 'lib', 'libtensorflow_cc.so.2'), 'no library');
    await writeFile(join(prepared, 'lib', 'napi-v8', 'tfjs_binding.node'), 'no binding');
    await expect(installTensorFlow(onProgress, { prepared })).rejects.toMatchObject({ code: 'engine/load-failed' });
    expect((await measureEngine('tensorflow')).gflops).toBeGreaterThan(0);
  });
});

describe('installation lock', () => {
  const lockFile = (): string => join(folder, 'locks', 'engine.lock');

  test('admits one holder at a time', async () => {
    let inside = 0;
    let most = 0;
    const enter = (): Promise<void> =>
      withLock(
        lockFile(),
        () => {},
        async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 50));
          inside--;
        },
      );
    await Promise.all([enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(existsSync(lockFile())).toBe(false);
  });

  test('is taken over from a dead process', async () => {
    await mkdir(join(folder, 'locks'));
    const dead = spawn(process.execPath, ['--version']);
    await new Promise((resolve) => dead.once('close', resolve));
    const { hostname } = await import('node:os');
    await writeFile(lockFile(), JSON.stringify({ pid: dead.pid, host: hostname() }));
    const waits = vi.fn();
    expect(await withLock(lockFile(), waits, async () => 'in')).toBe('in');
    expect(waits).not.toHaveBeenCalled();
  });
});

describe('unpackWheel', () => {
  test('extracts matching entries to the path of their rule', async () => {
    const path = await makeWheel('a.whl', { 'pkg/lib/x.so': 'library', 'pkg/other.py': 'no' });
    const rules = [{ entry: 'pkg/lib/(.*)', to: String.raw`deps/\1` }];
    await unpackWheel(await findPython(), path, join(folder, 'to'), rules, () => {});
    expect(await readdir(join(folder, 'to'), { recursive: true })).toEqual(['deps', join('deps', 'x.so')]);
    expect(await readFile(join(folder, 'to/deps/x.so'), 'utf8')).toBe('library');
  });

  test('rejects an entry outside the folder', async () => {
    const path = await makeWheel('b.whl', { 'pkg/../../../escaped': 'x' });
    const rules = [{ entry: 'pkg/(.*)', to: String.raw`\1` }];
    await expect(unpackWheel(await findPython(), path, join(folder, 'to'), rules, () => {})).rejects.toMatchObject({
      code: 'engine/unpack-failed',
    });
    expect(existsSync(join(folder, 'escaped'))).toBe(false);
  });
});

describe('probeEngines', () => {
  test('reports the preferred engine and why the other one is missing', async () => {
    const [tensorflow, onnx] = await probeEngines();
    expect(onnx).toMatchObject({ name: 'onnx', state: 'ready', preferred: true });
    expect(onnx!.gflops).toBeGreaterThan(0);
    expect(onnx!.difference).toBeLessThan(1e-5);
    expect(tensorflow).toMatchObject({
      name: 'tensorflow',
      state: 'missing',
      preferred: false,
      gflops: null,
      difference: null,
    });
    expect(tensorflow!.reason).toMatch(/doctor --install|no tested TensorFlow/);
  });

  test('caches its measurements', async () => {
    const first = await probeEngines();
    // A second measurement would differ in its last digits.
    expect(await probeEngines()).toEqual(first);
  });
});
