import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export interface GpuDriver {
  readonly driver: string;
  /** 'NVIDIA H200', or null without nvidia-smi. */
  readonly name: string | null;
}

let found: GpuDriver | null | undefined;

/** The NVIDIA driver of this machine, or null. Detected once per process. `LAMINA_GPU=0` disables the detection. */
export function findNvidiaDriver(): GpuDriver | null {
  if (found !== undefined) return found;
  if (process.env['LAMINA_GPU'] === '0' || process.platform !== 'linux') return (found = null);
  const query = spawnSync('nvidia-smi', ['--query-gpu=driver_version,name', '--format=csv,noheader'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  const [driver, name] = query.status === 0 ? (query.stdout.split('\n')[0] ?? '').split(', ') : [];
  if (driver) return (found = { driver, name: name ?? null });
  const versionFile = '/proc/driver/nvidia/version';
  if (!existsSync(versionFile)) return (found = null);
  const version = /Module\s+([\d.]+)/.exec(readFileSync(versionFile, 'utf8'))?.[1];
  return (found = { driver: version ?? 'unknown', name: null });
}
