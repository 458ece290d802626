import { onTestFinished } from 'vitest';
import { createClient } from '../../src-shared/contract/client.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { createMemoryTransports } from '../../src-shared/contract/memory-transport.ts';
import { createCore } from '../../src-main/core/core.ts';
import type { Core } from '../../src-main/core/core.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Opens a core on a folder with its first window, and closes the core after the test. */
export function openCore(
  projectFolder: string,
  options: { create?: boolean; configFolder?: string } = {},
): { core: Core; window: LaminaClient } {
  const core = createCore({
    projectFolder,
    create: options.create ?? false,
    shell: 'cli',
    configFolder: options.configFolder ?? temporaryFolder(),
  });
  onTestFinished(() => core.close());
  return { core, window: openWindow(core) };
}

export function openWindow(core: Core): LaminaClient {
  const [windowEnd, coreEnd] = createMemoryTransports();
  core.connect(coreEnd);
  return createClient(windowEnd);
}
