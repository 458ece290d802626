import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startAtLastPort } from '../../../src-main/shells/browser/last-port.ts';
import { startBrowserHost } from '../../../src-main/shells/browser/host.ts';
import type { BrowserHost } from '../../../src-main/shells/browser/host.ts';
import { openCore } from '../../core/core-window.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a project reuses its last port if it is free', async () => {
  const [config, project] = [temporaryFolder(), temporaryFolder()];
  const { core } = openCore(project, { create: true });
  const start = async (folder: string): Promise<BrowserHost> => {
    const host = await startAtLastPort(config, folder, (port) =>
      startBrowserHost({ core, rendererFolder: project, port, howToGetLink: '' }),
    );
    onTestFinished(() => host.close());
    return host;
  };
  const first = await start(project);
  const other = await start(join(project, 'other'));
  expect(other.port).not.toBe(first.port);
  await first.close();
  const second = await start(project);
  expect(second.port).toBe(first.port);
  await second.close();

  const taken = createServer().listen(first.port, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const third = await start(project);
  expect(third.port).not.toBe((taken.address() as AddressInfo).port);
  expect(readFileSync(join(config, 'browser-ports.json'), 'utf8')).toContain(String(third.port));

  writeFileSync(join(config, 'browser-ports.json'), '{');
  expect((await start(project)).port).toBeGreaterThan(0);
});
