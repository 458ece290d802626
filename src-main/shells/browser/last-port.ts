import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { makePrivateFolder } from '../../system/private-files.ts';
import { atomicWrite } from '../../system/atomic-write.ts';

const portsSchema = z.record(z.string(), z.number().int().min(1).max(65_535));

/**
 * Starts a host for a project at the port it had before, where that is free, else at any: a window that
 * stayed open when the host ended then finds the next one.
 *
 * @param start Starts it at a port; 0: any free one.
 */
export async function startAtLastPort<Host extends { readonly port: number }>(
  configFolder: string,
  projectFolder: string,
  start: (port: number) => Promise<Host>,
): Promise<Host> {
  const path = join(configFolder, 'browser-ports.json');
  const ports = await readPorts(path);
  const host = await start(ports[projectFolder] ?? 0).catch((error: unknown) => {
    if (AppError.from(error).code.startsWith('browser/')) return start(0);
    throw error;
  });
  if (host.port !== ports[projectFolder])
    await writePorts(path, configFolder, { ...ports, [projectFolder]: host.port });
  return host;
}

/** A missing or damaged file knows no ports. */
async function readPorts(path: string): Promise<Record<string, number>> {
  try {
    return portsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return {};
  }
}

/** Where it cannot be written, the next start takes any port. */
async function writePorts(path: string, folder: string, ports: Record<string, number>): Promise<void> {
  await makePrivateFolder(folder)
    .then(() => atomicWrite(path, `${JSON.stringify(ports, null, 2)}\n`))
    .catch(() => {});
}
